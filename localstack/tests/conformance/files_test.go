package conformance

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/app"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/event"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// fileTTL returns the expiry of an attachment, the zero time for none.
func fileTTL(t *testing.T, id string) time.Time {
	t.Helper()
	out, err := dynamodb.NewFromConfig(env.config).GetItem(t.Context(), &dynamodb.GetItemInput{
		TableName: &env.table, ConsistentRead: aws.Bool(true),
		Key: map[string]types.AttributeValue{"PK": &types.AttributeValueMemberS{Value: "F#" + id}, "SK": &types.AttributeValueMemberS{Value: "F"}},
	})
	must(t, err)
	ttl, ok := out.Item["ttl"].(*types.AttributeValueMemberN)
	if !ok {
		return time.Time{}
	}
	seconds, err := strconv.ParseInt(ttl.Value, 10, 64)
	must(t, err)
	return time.Unix(seconds, 0)
}

// TestExpireAttachment checks that a replaced picture expires, that it can be retained
// again, and that a file of a message does not expire.
func TestExpireAttachment(t *testing.T) {
	t.Parallel()
	store, sara, at := openStore(), customer("Sara"), app.Now().Add(time.Hour).Truncate(time.Second)
	picture := newAttachment(t, onDynamo, sara)
	must(t, store.RetainAttachment(t.Context(), picture.ID))
	must(t, store.ExpireAttachment(t.Context(), picture.ID, at))
	equal(t, "expiry of a replaced picture", fileTTL(t, picture.ID).UTC(), at.UTC())
	must(t, store.ProlongAttachment(t.Context(), picture.ID, at.Add(time.Hour)))
	equal(t, "expiry of a picture to be used again", fileTTL(t, picture.ID).UTC(), at.Add(time.Hour).UTC())
	must(t, store.RetainAttachment(t.Context(), picture.ID))
	equal(t, "expiry of a picture in use again", fileTTL(t, picture.ID), time.Time{})
	must(t, store.ProlongAttachment(t.Context(), picture.ID, at))
	equal(t, "expiry of a picture in use", fileTTL(t, picture.ID), time.Time{})

	service, categoryID := newTicketService(t, store)
	open := ticket.CreateParams{ClientID: newID(), Title: "T", Description: "D", CategoryID: categoryID, AttachmentIDs: []string{picture.ID}}
	_, _, err := service.Create(t.Context(), sara, open)
	wantCode(t, "a picture in use as a file of a message", err, apperr.AttachmentInUse)
	must(t, store.ExpireAttachment(t.Context(), picture.ID, at))
	_, _, err = service.Create(t.Context(), sara, open)
	must(t, err)
	must(t, store.RetainAttachment(t.Context(), picture.ID))
	if stored, err := store.Attachment(t.Context(), picture.ID); err != nil || stored.InProfile {
		t.Errorf("a file of a message as a picture: got %+v, %v", stored, err)
	}
	must(t, store.ExpireAttachment(t.Context(), picture.ID, at))
	equal(t, "expiry of a file in a message", fileTTL(t, picture.ID), time.Time{})

	missing := newID()
	must(t, store.ExpireAttachment(t.Context(), missing, at))
	must(t, store.RetainAttachment(t.Context(), missing))
	must(t, store.ProlongAttachment(t.Context(), missing, at))
	_, err = store.Attachment(t.Context(), missing)
	wantCode(t, "a missing one", err, apperr.AttachmentNotFound)
}

// TestEraseAttachments checks that the records of a removed user's files are deleted,
// over pages of the references, that messages do not show the name of a file, and that a
// file in the ticket of another user stays.
func TestEraseAttachments(t *testing.T) {
	t.Parallel()
	store, sara, reza := openStore(), customer("Sara"), customer("Reza")
	service, categoryID := newTicketService(t, store)
	ali := agent("Ali")
	upload := func(owner user.Principal) attachment.Attachment {
		a := newAttachment(t, onDynamo, owner)
		must(t, store.AddFileReference(t.Context(), owner.UserID, a.ID))
		return a
	}
	var unused []string
	for range 130 {
		unused = append(unused, upload(sara).ID)
	}
	sent, foreign, answer, draft := upload(sara), upload(reza), upload(ali), upload(ali)
	must(t, store.SetAttachmentState(t.Context(), sent.ID, attachment.Result{State: attachment.Ready}))
	tk, _, err := service.Create(t.Context(), sara, ticket.CreateParams{ClientID: newID(), Title: "T", Description: "D", CategoryID: categoryID, AttachmentIDs: []string{sent.ID}})
	must(t, err)
	exists := func(id string) bool {
		_, err := store.Attachment(t.Context(), id)
		return err == nil
	}
	shown := func() ticket.Attachment { return readLog(t, onDynamo, tk.ID).Entries[0].Attachments[0] }

	_, err = service.Post(t.Context(), ali, ticket.Message{TicketID: tk.ID, ClientID: newID(), AttachmentIDs: []string{answer.ID}})
	must(t, err)

	erase := func(owner user.Principal) {
		for after, n := map[string]string(nil), 0; n == 0 || after != nil; n++ {
			next, err := store.EraseAttachments(t.Context(), owner.UserID, after, 100)
			must(t, err)
			after = next
		}
	}
	erase(ali)
	if !exists(answer.ID) || exists(draft.ID) {
		t.Errorf("of a removed agent: the file in a customer's ticket exists %v, the unused one %v", exists(answer.ID), exists(draft.ID))
	}
	for range 2 { // the stream may repeat a record
		erase(sara)
	}
	for _, id := range unused {
		if exists(id) {
			t.Fatalf("the unused attachment %s exists", id)
		}
	}
	if got := shown(); exists(sent.ID) || got.State != string(attachment.Expired) || got.Name == sent.Name {
		t.Errorf("got %+v, exists %v, want an expired file without its name", got, exists(sent.ID))
	}
	if !exists(foreign.ID) {
		t.Error("another user's attachment was erased")
	}
	wantCode(t, "state of an erased file", store.SetAttachmentState(t.Context(), sent.ID, attachment.Result{State: attachment.Ready}), apperr.AttachmentNotFound)
	_, err = (&attachment.Service{Store: store}).DownloadURL(t.Context(), user.Principal{UserID: sara.UserID, Role: user.RoleUser}, sent.ID)
	wantCode(t, "download of an erased file", err, apperr.AttachmentNotFound)
}

// savedProgress is a UserPropagationStore that keeps the progress of an update instead of storing it.
type savedProgress struct {
	stream.UserPropagationStore
	at event.UserPropagation
}

func (s *savedProgress) SaveUserPropagation(_ context.Context, _, to event.UserPropagation) error {
	s.at = to
	return nil
}

// TestPropagateUser_ManyFiles checks that the files of a deleted user are erased in steps of bounded
// cost, each of which may be repeated after a crash.
func TestPropagateUser_ManyFiles(t *testing.T) {
	store, meter := newMeteredStore()
	sara := customer("Sara")
	var ids []string
	for range 250 {
		a := newAttachment(t, onDynamo, sara)
		must(t, store.AddFileReference(t.Context(), sara.UserID, a.ID))
		ids = append(ids, a.ID)
	}
	progress := &savedProgress{store, event.UserPropagation{UserID: sara.UserID, Phase: event.PropagationFiles}}
	steps := 0
	for ; progress.at.Phase != event.PropagationDone && steps < 10; steps++ {
		step := progress.at
		for range 2 {
			meter.reset()
			must(t, stream.PropagateUser(progress, nil, nil)(t.Context(), step))
			if spent, calls := meter.reset(); spent.roundTrips > 10 {
				t.Errorf("step %d: got %v (%v), want at most 10 requests", steps, spent, calls)
			}
		}
	}
	if steps != 3 {
		t.Errorf("got %d steps, want 3", steps)
	}
	left, err := store.Attachments(t.Context(), ids)
	if must(t, err); len(left) > 0 {
		t.Errorf("%d files were not erased", len(left))
	}
}
