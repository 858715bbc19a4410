package notification

import (
	"context"
	"errors"
	"time"

	"ticketsystem/pkg/user"
)

// Order asks for one delivery: a notification on one channel. Orders may come
// twice, late and side by side.
type Order struct {
	UserID  string  `json:"userId"`
	ID      string  `json:"id"`
	Channel Channel `json:"channel"`
}

// Recipient is who a delivery goes to, as things stand when it is sent.
type Recipient struct {
	User  user.User
	Found bool // false when the person is gone
	Read  bool // the notification, or the entry it tells of
}

// Ledger keeps deliveries and what decides about them.
type Ledger interface {
	// Claim takes a delivery in hand and counts the attempt, unless it is done,
	// or in hand since a time after stale. The notification is as it stands
	// then; it has no ID when there is none.
	Claim(ctx context.Context, o Order, now, stale time.Time) (n Notification, claimed bool, err error)
	// Settle writes what became of a claimed delivery.
	Settle(ctx context.Context, n Notification, channel Channel, d Delivery) error
	Recipient(ctx context.Context, n Notification) (Recipient, error)
	// Suppressed says whether mail to an address has been stopped.
	Suppressed(ctx context.Context, address string) (bool, error)
	// Spend counts a text message of the day; false when most were sent already.
	Spend(ctx context.Context, day time.Time, most int) (bool, error)
}

// Mailer sends a mail. person comes back with what a mailbox says about it.
type Mailer interface {
	Mail(ctx context.Context, m Mail, person string) error
}

// Texter sends an SMS to an E.164 number.
type Texter interface {
	Send(ctx context.Context, to, text string) error
}

// lease is how long a delivery may be in hand: longer than the function that
// sends may run, shorter than its order stays hidden.
const lease = 30 * time.Second

// errInHand is what becomes of an order whose delivery another one has taken.
var errInHand = errors.New("the delivery is in hand")

// Courier sends notifications by mail and SMS.
//
// A delivery is claimed before it is sent and settled right after. Whoever is
// killed between the two leaves a claim that another one takes over when its
// lease has ended: none is lost. A provider that had the message by then gets
// it again; there is nothing to ask SES or SNS by.
type Courier struct {
	Ledger    Ledger
	Mailer    Mailer // nil where no mail is sent
	Texter    Texter
	Now       func() time.Time
	SMSPerDay int
}

// Deliver carries out an order. An order that fails is to come again after the
// wait.
func (c *Courier) Deliver(ctx context.Context, o Order) (wait time.Duration, err error) {
	now := c.Now()
	n, claimed, err := c.Ledger.Claim(ctx, o, now, now.Add(-lease))
	switch {
	case err != nil:
		return time.Second, err
	case !claimed && n.Deliveries[o.Channel].State == Sending:
		return lease, errInHand // should its holder have died, nobody else would come
	case !claimed:
		return 0, nil
	}
	d := n.Deliveries[o.Channel]
	var failure error
	d.State, d.Reason, failure = c.try(ctx, n, o.Channel)
	d.At = c.Now()
	if err := c.Ledger.Settle(ctx, n, o.Channel, d); err != nil {
		return lease, err
	}
	return backOff(d.Attempts), failure
}

// backOff is the wait after so many attempts: 10, 20, 40, 80 seconds. The queue
// ends it: template.yaml says after how many an order is put among the failures.
func backOff(attempts int) time.Duration {
	return 5 * time.Second << min(max(attempts, 1), 5)
}

// try sends, unless there is a reason not to. A failure that another attempt
// may mend has an error.
func (c *Courier) try(ctx context.Context, n Notification, channel Channel) (State, string, error) {
	to, err := c.Ledger.Recipient(ctx, n)
	if err != nil {
		return failed(err)
	}
	reason, err := c.reasonNot(ctx, to, channel)
	switch {
	case err != nil:
		return failed(err)
	case reason == ReasonSpendLimit:
		return Failed, reason, nil
	case reason != "":
		return Skipped, reason, nil
	}
	if channel == Email {
		err = c.Mailer.Mail(ctx, NewMail(n, to.User), to.User.ID)
	} else {
		err = c.Texter.Send(ctx, to.User.Phone, ShortText(n, to.User.Locale))
	}
	if err != nil {
		return failed(err)
	}
	return Sent, "", nil
}

// reasonNot is why nothing is to be sent; "" when it is.
func (c *Courier) reasonNot(ctx context.Context, to Recipient, channel Channel) (string, error) {
	switch {
	case !to.Found, to.User.Disabled:
		return ReasonGone, nil
	case to.Read:
		return ReasonRead, nil
	case channel == Email && c.Mailer == nil:
		return ReasonNoSender, nil
	}
	if reason := refusal(to.User, channel); reason != "" {
		return reason, nil
	}
	if channel == Email {
		stopped, err := c.Ledger.Suppressed(ctx, to.User.Email)
		if stopped {
			return ReasonSuppressed, err
		}
		return "", err
	}
	allowed, err := c.Ledger.Spend(ctx, c.Now(), c.SMSPerDay)
	if !allowed {
		return ReasonSpendLimit, err
	}
	return "", err
}

// reasonBytes bounds what is kept of a provider's error.
const reasonBytes = 200

func failed(err error) (State, string, error) {
	text := err.Error()
	if len(text) > reasonBytes {
		text = text[:reasonBytes]
	}
	return Failed, text, err
}
