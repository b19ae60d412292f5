// What a backend does to a room with livekit-server-sdk: one call, its answer as JSON.
//
//   node livekit_powers.mjs PACKAGE_FOLDER URL METHOD JSON_ARGUMENTS   (key and secret: environment)
import { createRequire } from 'node:module';

const [folder, url, method, args] = process.argv.slice(2);
const { RoomServiceClient } = createRequire(`${folder}/x.js`)('livekit-server-sdk');
const service = new RoomServiceClient(url, process.env.LIVEKIT_KEY, process.env.LIVEKIT_SECRET);
const plain = (key, value) => typeof value === 'bigint' ? String(value) : value;
try {
	const value = await service[method](...JSON.parse(args));
	console.log(JSON.stringify({ ok: true, value: value ?? null }, plain));
} catch (e) {
	console.log(JSON.stringify({ ok: false, status: e.status, code: e.code, error: e.message }));
}
