package tour

import (
	"context"
	"fmt"
	"time"

	"enrolld"
	"enrolld/store"
)

// haveMailComeBack has the mail to one customer bounce, and gives them the link that
// ends reminders.
func (o *Office) haveMailComeBack(ctx context.Context) error {
	const ben = "ben.okafor@example.org"
	report := enrolld.MailReport{
		Kind: enrolld.ReportBounced, Recipient: ben, At: time.Now(),
		Text: "550 5.1.1 The email account that you tried to reach does not exist",
	}
	for range time.Tick(10 * time.Millisecond) {
		taken, err := o.DB.TakeReports(ctx, o.Account.ID, true, []enrolld.MailReport{report})
		if err != nil {
			return err
		}
		if taken[0] == store.ReportTaken {
			break // the mail has gone out
		}
	}
	c, err := o.DB.CustomerByKey(ctx, o.Account.ID, ben)
	if err != nil {
		return fmt.Errorf("find whose mail came back: %w", err)
	}
	o.ids["ben"] = c.ID
	o.links["unsubscribe"] = store.UnsubscribePath + o.DB.Keys().UnsubscribeToken(
		store.Subscription{AccountID: o.Account.ID, CustomerID: c.ID, Kind: "expiring"})
	return nil
}
