#!/usr/bin/env python3
"""Vote "here" in a roll-call with matrix-nio, a client that nobody here wrote.

    nio_vote.py SERVER_URL USER PASSWORD ROOM_ID ROLL_ID
"""

import asyncio
import sys

import nio


async def vote(url, user, password, room, roll):
    client = nio.AsyncClient(url, user)
    try:
        reply = await client.login(password)
        if not isinstance(reply, nio.LoginResponse):
            raise RuntimeError(f"matrix-nio cannot log in: {reply}")
        reply = await client.room_send(room, "org.matrix.msc3381.poll.response", {
            "m.relates_to": {"rel_type": "m.reference", "event_id": roll},
            "org.matrix.msc3381.poll.response": {"answers": ["here"]}})
        if not isinstance(reply, nio.RoomSendResponse):
            raise RuntimeError(f"matrix-nio cannot vote: {reply}")
    finally:
        await client.close()


if __name__ == "__main__":
    asyncio.run(asyncio.wait_for(vote(*sys.argv[1:]), 60))
