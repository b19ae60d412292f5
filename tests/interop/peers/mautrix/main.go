// Command mautrix is mautrix-go as a peer of compat.py: see peers/README.md.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

type request struct {
	N        int    `json:"n"`
	Do       string `json:"do"`
	URL      string `json:"url"`
	User     string `json:"user"`
	Password string `json:"password"`
	Room     string `json:"room"`
	Body     string `json:"body"`
	EventID  string `json:"event_id"`
	Key      string `json:"key"`
	Path     string `json:"path"`
	MXC      string `json:"mxc"`
}

type row map[string]any

var (
	client *mautrix.Client
	ctx    = context.Background()
	output sync.Mutex
)

func say(r row) {
	output.Lock()
	defer output.Unlock()
	line, _ := json.Marshal(r)
	fmt.Println(string(line))
}

func heard(_ context.Context, e *event.Event) {
	r := row{"room": e.RoomID, "event_id": e.ID, "sender": e.Sender}
	switch content := e.Content.Parsed.(type) {
	case *event.ReactionEventContent:
		r["on"], r["of"], r["key"] = "reaction", content.RelatesTo.EventID, content.RelatesTo.Key
	case *event.MessageEventContent:
		r["on"], r["body"], r["mxc"] = "text", content.Body, content.URL
		if content.MsgType == event.MsgFile || content.MsgType == event.MsgImage {
			r["on"] = "file"
		}
		r["of"] = content.RelatesTo.GetReplyTo()
	default:
		return
	}
	say(r)
}

func receipts(_ context.Context, e *event.Event) {
	for of, kinds := range *e.Content.AsReceipt() {
		for user := range kinds[event.ReceiptTypeRead] {
			say(row{"on": "receipt", "room": e.RoomID, "event_id": of, "user": user})
		}
	}
}

func login(rq request) error {
	var err error
	if client, err = mautrix.NewClient(rq.URL, "", ""); err != nil {
		return err
	}
	_, err = client.Login(ctx, &mautrix.ReqLogin{
		Type:             mautrix.AuthTypePassword,
		Identifier:       mautrix.UserIdentifier{Type: mautrix.IdentifierTypeUser, User: rq.User},
		Password:         rq.Password,
		StoreCredentials: true,
	})
	if err != nil {
		return err
	}
	syncer := client.Syncer.(*mautrix.DefaultSyncer)
	syncer.OnEventType(event.EventMessage, heard)
	syncer.OnEventType(event.EventReaction, heard)
	syncer.OnEventType(event.EphemeralEventReceipt, receipts)
	go func() {
		if err := client.SyncWithContext(ctx); err != nil {
			say(row{"on": "trouble", "error": err.Error()})
		}
	}()
	return nil
}

func sent(reply *mautrix.RespSendEvent, err error) (row, error) {
	if err != nil {
		return nil, err
	}
	return row{"event_id": reply.EventID}, nil
}

func reply(rq request) (row, error) {
	content := &event.MessageEventContent{MsgType: event.MsgText, Body: rq.Body}
	content.RelatesTo = (&event.RelatesTo{}).SetReplyTo(id.EventID(rq.EventID))
	return sent(client.SendMessageEvent(ctx, id.RoomID(rq.Room), event.EventMessage, content))
}

func file(rq request) (row, error) {
	bytes, err := os.ReadFile(rq.Path)
	if err != nil {
		return nil, err
	}
	name := filepath.Base(rq.Path)
	up, err := client.UploadBytesWithName(ctx, bytes, "application/octet-stream", name)
	if err != nil {
		return nil, err
	}
	content := &event.MessageEventContent{MsgType: event.MsgFile, Body: name,
		URL: up.ContentURI.CUString(), Info: &event.FileInfo{Size: len(bytes)}}
	return sent(client.SendMessageEvent(ctx, id.RoomID(rq.Room), event.EventMessage, content))
}

func fetch(rq request) error {
	uri, err := id.ParseContentURI(rq.MXC)
	if err != nil {
		return err
	}
	bytes, err := client.DownloadBytes(ctx, uri)
	if err != nil {
		return err
	}
	return os.WriteFile(rq.Path, bytes, 0o600)
}

func do(rq request) (row, error) {
	room, of := id.RoomID(rq.Room), id.EventID(rq.EventID)
	switch rq.Do {
	case "login":
		return nil, login(rq)
	case "join":
		_, err := client.JoinRoomByID(ctx, room)
		return nil, err
	case "text":
		return sent(client.SendText(ctx, room, rq.Body))
	case "reply":
		return reply(rq)
	case "react":
		return sent(client.SendReaction(ctx, room, of, rq.Key))
	case "file":
		return file(rq)
	case "read":
		return nil, client.MarkRead(ctx, room, of)
	case "fetch":
		return nil, fetch(rq)
	}
	return nil, fmt.Errorf("no such thing: %s", rq.Do)
}

func main() {
	say(row{"on": "ready", "version": mautrix.Version})
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var rq request
		if json.Unmarshal(lines.Bytes(), &rq) != nil {
			continue
		}
		answer, err := do(rq)
		if answer == nil {
			answer = row{}
		}
		if err != nil {
			answer["error"] = err.Error()
		}
		answer["re"] = rq.N
		say(answer)
	}
}
