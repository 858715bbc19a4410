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
	noticeLabel = "notice of a change"
	// noticeRetryDelay is the delay before a notice is sent again.
	noticeRetryDelay = 10 * time.Second
)

// notice informs an owner of a change of the phone number, the password or the e-mail address of
// the account.
type notice struct {
	Kind   string `json:"kind"` // prefix of the keys of its texts
	To     string `json:"to"`   // a former phone number, or an e-mail address
	Ending string `json:"ending,omitempty"`
	Locale string `json:"locale"`
}

// ChangeNotices returns the jobs that inform the former phone number and the address that was
// confirmed before of a change of the phone number, and the latter of a change of the password or
// the address. They do not depend on the preferences of the user, and the queue contains no address.
func ChangeNotices(key Sealer, old, updated user.User) (jobs []DeliveryJob) {
	add := func(channel Channel, n notice) {
		n.Locale = updated.Locale
		text, err := json.Marshal(n)
		if err != nil {
			panic(err) // impossible: strings only
		}
		jobs = append(jobs, DeliveryJob{UserID: updated.ID, Channel: channel, Notice: key.Seal(noticeLabel, text, nil)})
	}
	confirmed := old.Email != "" && old.EmailVerified
	if old.ID != "" && old.PhoneVersion != updated.PhoneVersion {
		n := notice{Kind: "phone_changed", To: old.Phone, Ending: updated.Phone[max(len(updated.Phone)-2, 0):]}
		add(SMS, n)
		if n.To = old.Email; confirmed {
			add(Email, n)
		}
	}
	if confirmed && old.PasswordVersion != updated.PasswordVersion {
		add(Email, notice{Kind: "password_changed", To: old.Email})
	}
	if confirmed && old.Email != updated.Email {
		add(Email, notice{Kind: "email_changed", To: old.Email})
	}
	return jobs
}

// deliverNotice sends a notice. If it returns an error, the job must be retried; the notice may
// then be sent twice.
func (d *Deliverer) deliverNotice(ctx context.Context, job DeliveryJob) error {
	plain, err := d.Key.Open(noticeLabel, job.Notice, nil)
	if err != nil {
		return err
	}
	var n notice
	if err := json.Unmarshal(plain, &n); err != nil {
		return err
	}
	text := locale.Text(n.Locale, n.Kind+".text", "brand", d.Brand.NameIn(n.Locale), "ending", n.Ending)
	if support := d.Brand.Support(n.Locale); support != "" {
		text += " " + support
	}
	if job.Channel == SMS {
		return d.withinThrottleLimit(job, d.SMS.Send(ctx, n.To, text))
	}
	suppressed, err := d.Store.IsSuppressed(ctx, n.To)
	if err != nil || suppressed || d.Mailer == nil {
		return err
	}
	closing, markup := locale.Brand{Signature: d.Brand.Signature}.Closing(n.Locale)
	return d.withinThrottleLimit(job, d.Mailer.Mail(ctx, Mail{
		To: n.To, Text: text + "\n" + closing, Subject: locale.Text(n.Locale, n.Kind+".subject"),
		HTML: locale.HTMLHead(n.Locale) + "<body><p>" + html.EscapeString(text) + "</p>" + markup + "</body></html>",
	}, job.UserID))
}
