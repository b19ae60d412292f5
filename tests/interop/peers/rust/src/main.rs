//! matrix-rust-sdk as a peer of compat.py: see peers/README.md.

use std::{error::Error, path::Path};

use matrix_sdk::{
    attachment::AttachmentConfig,
    config::SyncSettings,
    media::{MediaFormat, MediaRequestParameters},
    room::reply::{EnforceThread, Reply},
    ruma::{
        api::client::receipt::create_receipt::v3::ReceiptType,
        events::{
            reaction::{OriginalSyncReactionEvent, ReactionEventContent},
            receipt::{ReceiptThread, SyncReceiptEvent},
            relation::Annotation,
            room::{
                message::{
                    MessageType, OriginalSyncRoomMessageEvent, Relation, RoomMessageEventContent,
                    RoomMessageEventContentWithoutRelation,
                },
                MediaSource,
            },
        },
        OwnedEventId, OwnedMxcUri, RoomId,
    },
    Client, Room,
};
use serde_json::{json, Value};
use tokio::io::{AsyncBufReadExt, BufReader};

type Answer = Result<Value, Box<dyn Error>>;

fn say(row: Value) {
    println!("{row}");
}

async fn on_message(e: OriginalSyncRoomMessageEvent, room: Room) {
    let (on, mxc) = match &e.content.msgtype {
        MessageType::Text(_) => ("text", None),
        MessageType::File(f) => ("file", source(&f.source)),
        MessageType::Image(i) => ("file", source(&i.source)),
        _ => return,
    };
    let of = match &e.content.relates_to {
        Some(Relation::Reply { in_reply_to }) => Some(in_reply_to.event_id.clone()),
        _ => None,
    };
    say(json!({"on": on, "room": room.room_id(), "event_id": e.event_id, "sender": e.sender,
        "body": e.content.body(), "of": of, "mxc": mxc}));
}

fn source(s: &MediaSource) -> Option<OwnedMxcUri> {
    match s {
        MediaSource::Plain(uri) => Some(uri.clone()),
        _ => None,
    }
}

async fn on_reaction(e: OriginalSyncReactionEvent, room: Room) {
    let to = &e.content.relates_to;
    say(json!({"on": "reaction", "room": room.room_id(), "event_id": e.event_id,
        "sender": e.sender, "of": to.event_id, "key": to.key}));
}

async fn on_receipt(e: SyncReceiptEvent, room: Room) {
    for (id, kinds) in e.content.0 {
        for user in kinds.into_values().flat_map(|users| users.into_keys()) {
            say(json!({"on": "receipt", "room": room.room_id(), "event_id": id, "user": user}));
        }
    }
}

async fn login(rq: &Value) -> Result<Client, Box<dyn Error>> {
    let client = Client::builder().homeserver_url(text(rq, "url")).build().await?;
    client
        .matrix_auth()
        .login_username(text(rq, "user"), text(rq, "password"))
        .await?;
    client.add_event_handler(on_message);
    client.add_event_handler(on_reaction);
    client.add_event_handler(on_receipt);
    let first = client.sync_once(SyncSettings::new()).await?;
    let forever = client.clone();
    tokio::spawn(async move {
        let settings = SyncSettings::new().token(first.next_batch);
        if let Err(e) = forever.sync(settings).await {
            say(json!({"on": "trouble", "error": e.to_string()}));
        }
    });
    Ok(client)
}

fn text<'a>(rq: &'a Value, key: &str) -> &'a str {
    rq[key].as_str().unwrap_or_default()
}

async fn fetch(client: &Client, rq: &Value) -> Answer {
    let request = MediaRequestParameters {
        source: MediaSource::Plain(OwnedMxcUri::from(text(rq, "mxc"))),
        format: MediaFormat::File,
    };
    let bytes = client.media().get_media_content(&request, false).await?;
    std::fs::write(text(rq, "path"), bytes)?;
    Ok(json!({}))
}

async fn file(room: &Room, path: &str) -> Answer {
    let name = Path::new(path).file_name().unwrap_or_default().to_string_lossy();
    let kind = &mime::APPLICATION_OCTET_STREAM;
    let config = AttachmentConfig::new();
    let sent = room
        .send_attachment(name.to_string(), kind, std::fs::read(path)?, config)
        .await?;
    Ok(json!({"event_id": sent.event_id}))
}

async fn in_room(room: &Room, rq: &Value) -> Answer {
    let event = || OwnedEventId::try_from(text(rq, "event_id"));
    let sent = match text(rq, "do") {
        "file" => return file(room, text(rq, "path")).await,
        "read" => {
            let main = ReceiptThread::Unthreaded;
            room.send_single_receipt(ReceiptType::Read, main, event()?).await?;
            return Ok(json!({}));
        }
        "text" => room.send(RoomMessageEventContent::text_plain(text(rq, "body"))).await?,
        "react" => {
            let to = Annotation::new(event()?, text(rq, "key").to_owned());
            room.send(ReactionEventContent::new(to)).await?
        }
        "reply" => {
            let content = RoomMessageEventContentWithoutRelation::text_plain(text(rq, "body"));
            let reply = Reply { event_id: event()?, enforce_thread: EnforceThread::Unthreaded };
            room.send(room.make_reply_event(content, reply).await?).await?
        }
        other => return Err(format!("no such thing: {other}").into()),
    };
    Ok(json!({"event_id": sent.event_id}))
}

async fn obey(client: &mut Option<Client>, rq: &Value) -> Answer {
    if text(rq, "do") == "login" {
        *client = Some(login(rq).await?);
        return Ok(json!({}));
    }
    let client = client.as_ref().ok_or("not logged in")?;
    if text(rq, "do") == "fetch" {
        return fetch(client, rq).await;
    }
    let id = RoomId::parse(text(rq, "room"))?;
    if text(rq, "do") == "join" {
        client.join_room_by_id(&id).await?;
        return Ok(json!({}));
    }
    in_room(&client.get_room(&id).ok_or("not in that room")?, rq).await
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    say(json!({"on": "ready", "version": "0.16.1"}));
    let mut client = None;
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        let rq: Value = serde_json::from_str(&line)?;
        let mut answer = obey(&mut client, &rq)
            .await
            .unwrap_or_else(|e| json!({"error": e.to_string()}));
        answer["re"] = rq["n"].clone();
        say(answer);
    }
    Ok(())
}
