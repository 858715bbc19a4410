package notification

import (
	"context"
	"encoding/json"
	"html"
	"time"

	"ticketsystem/pkg/locale"
	"ticketsystem/pkg/user"
)

// Sealer encrypts texts under a label.
type Sealer interface {
	Seal(label string, plaintext, aad []byte) string
	Open(label, sealed string, aad []byte) ([]byte, error)
}

const (
	phoneNoticeLabel = "phone notice"
	// noticeRetryDelay is the delay before a notice is sent again.
	noticeRetryDelay = 10 * time.Second
)

// phoneNotice tells an owner that the phone number of the account has changed.
type phoneNotice struct {
	To     string `json:"to"` // the former phone number, or the e-mail address
	Ending string `json:"ending"`
	Locale string `json:"locale"`
}

// PhoneNotices returns the jobs that tell the former phone number and the confirmed e-mail
// address about a change of the phone number. They do not depend on the preferences of the
// user, and the queue contains no address.
func PhoneNotices(key Sealer, old, updated user.User) []DeliveryJob {
	if old.ID == "" || old.PhoneVersion == updated.PhoneVersion {
		return nil
	}
	job := func(channel Channel, to string) DeliveryJob {
		text, err := json.Marshal(phoneNotice{to, updated.Phone[max(len(updated.Phone)-2, 0):], updated.Locale})
		if err != nil {
			panic(err) // impossible: strings only
		}
		return DeliveryJob{UserID: updated.ID, Channel: channel, PhoneNotice: key.Seal(phoneNoticeLabel, text, nil)}
	}
	jobs := []DeliveryJob{job(SMS, old.Phone)}
	if updated.Email != "" && updated.EmailVerified {
		jobs = append(jobs, job(Email, updated.Email))
	}
	return jobs
}

// deliverPhoneNotice sends a notice. If it returns an error, the job must be retried after
// retryAfter; the notice may then be sent twice.
func (d *Deliverer) deliverPhoneNotice(ctx context.Context, job DeliveryJob) (retryAfter time.Duration, err error) {
	plain, err := d.Key.Open(phoneNoticeLabel, job.PhoneNotice, nil)
	if err != nil {
		return noticeRetryDelay, err
	}
	var n phoneNotice
	if err := json.Unmarshal(plain, &n); err != nil {
		return noticeRetryDelay, err
	}
	text := locale.Text(n.Locale, "phone_changed.text", "brand", d.Brand.NameIn(n.Locale), "ending", n.Ending)
	if support := d.Brand.Support(n.Locale); support != "" {
		text += " " + support
	}
	if job.Channel == SMS {
		return noticeRetryDelay, d.SMS.Send(ctx, n.To, text)
	}
	suppressed, err := d.Store.IsSuppressed(ctx, n.To)
	if err != nil || suppressed || d.Mailer == nil {
		return noticeRetryDelay, err
	}
	closing, markup := locale.Brand{Signature: d.Brand.Signature}.Closing(n.Locale)
	return noticeRetryDelay, d.Mailer.Mail(ctx, Mail{
		To: n.To, Text: text + "\n" + closing, Subject: locale.Text(n.Locale, "phone_changed.subject"),
		HTML: locale.HTMLHead(n.Locale) + "<body><p>" + html.EscapeString(text) + "</p>" + markup + "</body></html>",
	}, job.UserID)
}
