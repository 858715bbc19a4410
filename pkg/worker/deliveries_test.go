package worker_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/memstore"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/requestlog"
	"ticketsystem/pkg/user"
	"ticketsystem/pkg/worker"
)

var errUnavailable = errors.New("unavailable")

// newStore returns a store with users who have enabled e-mail and SMS. Their
// phone number is their id.
func newStore(t *testing.T, users ...user.User) *memstore.Store {
	t.Helper()
	store := memstore.New(time.Now)
	for _, u := range users {
		u.Phone, u.EmailVerified, u.Notifications = u.ID, true, user.NotificationPreferences{Email: true, SMS: true}
		if err := store.PutAccount(t.Context(), account.Login{Phone: u.Phone, User: u}); err != nil {
			t.Fatal(err)
		}
	}
	return store
}

// fakeSMS cannot send to one phone number.
type fakeSMS struct{ failFor string }

func (s fakeSMS) Send(_ context.Context, to, _ string) error {
	if to == s.failFor {
		return errUnavailable
	}
	return nil
}

// fakeQueue records visibility changes, and fails them.
type fakeQueue struct{ calls []string }

func (q *fakeQueue) ChangeVisibility(_ context.Context, receipt string, timeout time.Duration) error {
	q.calls = append(q.calls, fmt.Sprintf("%s visible after %v", receipt, timeout))
	return errUnavailable
}

// TestDeliveries_PartialFailure checks that only failed jobs are reported,
// and that their visibility timeout is changed.
func TestDeliveries_PartialFailure(t *testing.T) {
	store, queue := newStore(t, user.User{ID: "sara"}, user.User{ID: "ali"}), &fakeQueue{}
	queued := map[notification.Channel]notification.Delivery{notification.SMS: {State: notification.Queued}}
	for id, userID := range map[string]string{"1": "sara", "2": "ali"} {
		if err := store.AddNotifications(t.Context(), notification.Notification{ID: id, UserID: userID, Deliveries: queued}); err != nil {
			t.Fatal(err)
		}
	}
	deliverer := &notification.Deliverer{Store: store, SMS: fakeSMS{failFor: "ali"}, Now: time.Now, MaxSMSPerDay: 9}
	var lines bytes.Buffer
	log := slog.New(requestlog.Handler{Handler: slog.NewJSONHandler(&lines, nil)})
	deliveries := &worker.Deliveries{Deliverer: deliverer, Queue: queue, Log: log, Requests: &requestlog.Logger{Log: log, Percent: 100}}
	out, err := deliveries.HandleBatch()(t.Context(), events.SQSEvent{Records: []events.SQSMessage{
		{MessageId: "1", ReceiptHandle: "r1", Body: `{"userId":"sara","id":"1","channel":"sms","requestId":"rq1"}`},
		{MessageId: "2", ReceiptHandle: "r2", Body: `{"userId":"ali","id":"2","channel":"sms","requestId":"rq2"}`},
		{MessageId: "3", ReceiptHandle: "r3", Body: `no job`},
	}})
	for _, want := range []string{`"delivery completed","notification":"1","channel":"sms","requestId":"rq1"`, `"requestId":"rq2"`} {
		if !strings.Contains(lines.String(), want) {
			t.Errorf("no line has %s:\n%s", want, lines.String())
		}
	}
	var failed []string
	for _, f := range out.BatchItemFailures {
		failed = append(failed, f.ItemIdentifier)
	}
	slices.Sort(failed)
	if err != nil || !slices.Equal(failed, []string{"2", "3"}) || !slices.Equal(queue.calls, []string{"r2 visible after 10s"}) {
		t.Errorf("got %v, failures %v, %q", err, failed, queue.calls)
	}
}

// throttlingMailer throttles the first messages.
type throttlingMailer struct{ throttled, sent int }

func (m *throttlingMailer) Mail(context.Context, notification.Mail, string) error {
	if m.throttled > 0 {
		m.throttled--
		return fmt.Errorf("mail: %w", notification.ErrThrottled)
	}
	m.sent++
	return nil
}

// redeliveringQueue takes jobs as the messages of a queue.
type redeliveringQueue struct {
	fakeQueue

	messages []events.SQSMessage
}

func (q *redeliveringQueue) Send(_ context.Context, _ time.Duration, jobs ...notification.DeliveryJob) error {
	for _, job := range jobs {
		body, err := json.Marshal(job)
		if err != nil {
			return err
		}
		q.messages = append(q.messages, events.SQSMessage{MessageId: fmt.Sprint(len(q.messages)), Body: string(body)})
	}
	return nil
}

// TestDeliveries_Throttled checks that an e-mail which is throttled more often than a message may be
// received is sent, each time by a message of its own.
func TestDeliveries_Throttled(t *testing.T) {
	store, queue, mailer := newStore(t, user.User{ID: "sara", Email: "a@b.ir"}), &redeliveringQueue{}, &throttlingMailer{throttled: 6}
	err := store.AddNotifications(t.Context(), notification.Notification{
		ID: "1", UserID: "sara", CreatedAt: time.Now(), Deliveries: map[notification.Channel]notification.Delivery{notification.Email: {State: notification.Queued}},
	})
	if err != nil {
		t.Fatal(err)
	}
	deliverer := &notification.Deliverer{Store: store, Mailer: mailer, Now: time.Now, Queue: queue}
	deliveries := &worker.Deliveries{Deliverer: deliverer, Queue: queue, Log: slog.New(slog.DiscardHandler)}
	if err := queue.Send(t.Context(), 0, notification.DeliveryJob{UserID: "sara", ID: "1", Channel: notification.Email}); err != nil {
		t.Fatal(err)
	}
	received := 0
	for ; len(queue.messages) > received; received++ {
		out, err := deliveries.HandleBatch()(t.Context(), events.SQSEvent{Records: queue.messages[received : received+1]})
		if err != nil || len(out.BatchItemFailures) > 0 {
			t.Fatalf("message %d: got %v, %+v, want it complete", received+1, err, out)
		}
	}
	page, err := store.ListNotifications(t.Context(), "sara", notification.Query{Limit: 1})
	if got := page.Notifications[0].Deliveries[notification.Email]; err != nil || got.State != notification.Sent || len(queue.messages) != 7 || mailer.sent != 1 || len(queue.calls) > 0 {
		t.Errorf("got %+v, %v, %d messages, %d sent, %q", got, err, len(queue.messages), mailer.sent, queue.calls)
	}
}

// TestEmptyBatchResponse checks that a batch without failures is reported as an
// empty list, never as null.
func TestEmptyBatchResponse(t *testing.T) {
	handlers := map[string]func(context.Context, events.SQSEvent) (events.SQSEventResponse, error){
		"deliveries":   (&worker.Deliveries{}).HandleBatch(),
		"search index": worker.UpdateSearchIndex(nil, slog.New(slog.DiscardHandler)),
		"broadcasts":   worker.RunBroadcasts(nil, nil, slog.New(slog.DiscardHandler)),
	}
	for name, handle := range handlers {
		out, err := handle(t.Context(), events.SQSEvent{})
		report, _ := json.Marshal(out)
		if err != nil || string(report) != `{"batchItemFailures":[]}` {
			t.Errorf("%s: got %s, %v", name, report, err)
		}
	}
}

// TestHandleMailFeedback_Unconfirmed checks that a report says whether the user had confirmed the address.
func TestHandleMailFeedback_Unconfirmed(t *testing.T) {
	var store recordedFeedback
	handle := worker.HandleMailFeedback(&store, slog.New(slog.DiscardHandler))
	for tags, want := range map[string]bool{`"address":["unconfirmed"],`: true, "": false} {
		message := `{"eventType":"Complaint","mail":{"tags":{` + tags + `"person":["sara"]}},"complaint":{"complainedRecipients":[{"emailAddress":"a@b.ir"}]}}`
		if err := handle(t.Context(), events.SNSEvent{Records: []events.SNSEventRecord{{SNS: events.SNSEntity{Message: message}}}}); err != nil {
			t.Fatal(err)
		}
		wanted := notification.MailFeedback{Address: "a@b.ir", Reason: notification.ReasonComplaint, UserID: "sara", Unconfirmed: want}
		if got := notification.MailFeedback(store); got != wanted {
			t.Errorf("tags %s: got %+v, want %+v", tags, got, wanted)
		}
	}
}

// recordedFeedback is the last report.
type recordedFeedback notification.MailFeedback

func (r *recordedFeedback) Suppress(_ context.Context, f notification.MailFeedback) error {
	*r = recordedFeedback(f)
	return nil
}

// TestHandleMailFeedback checks that permanent bounces and complaints suppress an
// address, and other events do not.
func TestHandleMailFeedback(t *testing.T) {
	store := newStore(t, user.User{ID: "sara", Email: "a@b.ir"})
	var event events.SNSEvent
	for _, message := range []string{
		`{"eventType":"Bounce","mail":{"tags":{"person":["sara"]}},"bounce":{"bounceType":"Permanent","bouncedRecipients":[{"emailAddress":"a@b.ir"}]}}`,
		`{"eventType":"Bounce","bounce":{"bounceType":"Transient","bouncedRecipients":[{"emailAddress":"full@b.ir"}]}}`,
		`{"eventType":"Complaint","complaint":{"complainedRecipients":[{"emailAddress":"c@b.ir"},{"emailAddress":"d@b.ir"}]}}`,
		`{"eventType":"Delivery"}`,
	} {
		event.Records = append(event.Records, events.SNSEventRecord{SNS: events.SNSEntity{Message: message}})
	}
	handle := worker.HandleMailFeedback(store, slog.New(slog.DiscardHandler))
	if err := handle(t.Context(), event); err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]bool{"a@b.ir": true, "c@b.ir": true, "d@b.ir": true, "full@b.ir": false} {
		if got, err := store.IsSuppressed(t.Context(), address); err != nil || got != want {
			t.Errorf("%s: got suppressed %v, %v, want %v", address, got, err, want)
		}
	}
	if sara, err := store.User(t.Context(), "sara"); err != nil || sara.EmailVerified {
		t.Errorf("the address is still verified: %+v, %v", sara, err)
	}
	if err := handle(t.Context(), events.SNSEvent{Records: []events.SNSEventRecord{{SNS: events.SNSEntity{Message: "?"}}}}); err == nil {
		t.Error("malformed event: no error")
	}
}

// sentSMS records text messages, and fails them with err.
type sentSMS struct {
	texts []string
	err   error
}

func (s *sentSMS) Send(_ context.Context, _, text string) error {
	if s.err == nil {
		s.texts = append(s.texts, text)
	}
	return s.err
}

// newCodeSender returns a service that sends queued codes.
func newCodeSender(t *testing.T, store account.OTPStore, sms account.SMSSender, maxPerDay int) *account.CodeSender {
	t.Helper()
	key, err := auth.NewSecretKey(base64.StdEncoding.EncodeToString(make([]byte, 32)))
	if err != nil {
		t.Fatal(err)
	}
	limiter := &account.RateLimiter{CounterStore: store, Key: key, PerClient: 100, Now: time.Now}
	devices := &account.Devices{Key: key, Now: time.Now}
	otp := &account.OTP{Store: store, Limiter: limiter, Devices: devices, Key: key, DefaultRegion: "IR", Now: time.Now, Random: rand.Reader}
	return &account.CodeSender{OTP: otp, SMS: sms, MaxPerDay: maxPerDay}
}

// jobQueue records the queued jobs.
type jobQueue struct{ jobs []string }

func (q *jobQueue) SendText(_ context.Context, sealed string) error {
	q.jobs = append(q.jobs, sealed)
	return nil
}

// TestCodes_HandleBatch checks that a queued code is sent, repeated after a failure, and
// dropped above the limit; and that the log contains neither the code nor the number.
func TestCodes_HandleBatch(t *testing.T) {
	var logged bytes.Buffer
	store, queue, sms, jobs := newStore(t), &fakeQueue{}, &sentSMS{}, &jobQueue{}
	sender := newCodeSender(t, store, sms, 1)
	d := &worker.Codes{Sender: sender, Queue: queue, Log: slog.New(slog.NewJSONHandler(&logged, nil))}
	codes := &account.SMSCodes{OTP: sender.OTP, Queue: jobs}
	for _, phone := range []string{"+989120000001", "+989120000002"} {
		if _, err := codes.SendCode(t.Context(), phone, account.PurposeSignUp, account.Caller{}); err != nil {
			t.Fatal(err)
		}
	}
	run := func(job string) int {
		out, err := d.HandleBatch()(t.Context(), events.SQSEvent{Records: []events.SQSMessage{{MessageId: "1", ReceiptHandle: "r", Body: job}}})
		if err != nil {
			t.Fatal(err)
		}
		return len(out.BatchItemFailures)
	}
	sms.err = errUnavailable
	if got := run(jobs.jobs[0]); got != 1 || !slices.Equal(queue.calls, []string{"r visible after 5s"}) {
		t.Errorf("a failed SMS: got %d failures, %q", got, queue.calls)
	}
	sms.err = nil
	if got := run(jobs.jobs[0]); got != 0 || len(sms.texts) != 1 {
		t.Errorf("got %d failures, %q", got, sms.texts)
	}
	if got := run(jobs.jobs[1]); got != 0 || len(sms.texts) != 1 {
		t.Errorf("above the limit: got %d failures, %q, want it dropped", got, sms.texts)
	}
	if !strings.Contains(logged.String(), "one-time code not sent") || strings.Contains(logged.String(), "98912") {
		t.Errorf("log: got %s", logged.String())
	}
}
