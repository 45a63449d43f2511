package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"

	"enrolld"
	"enrolld/cmd/service"
	"enrolld/integrations"
	"enrolld/store"
)

type orderCmd struct {
	Show   orderShow   `cmd:"" help:"Show all that is known of an order."`
	Refund orderRefund `cmd:"" help:"Give money back through the checkout tool; access follows when it tells of it."`
}

type orderShow struct {
	ID      int64  `arg:"" help:"Number of the order, from 'customer show'."`
	Account string `help:"The account; may be left out when there is only one." placeholder:"NAME"`
}

// Run shows an order's record.
func (c orderShow) Run(a *app) error {
	return a.withAccount(c.Account, func(db *store.DB, account enrolld.Account) error {
		o, err := db.Order(a.ctx, account.ID, c.ID)
		if err != nil {
			return err
		}
		v := struct {
			ID       int64         `json:"id"`
			Platform string        `json:"platform"`
			Record   enrolld.Order `json:"record"`
		}{o.ID, o.Platform, o.Record}
		return a.print(v, func(w io.Writer) {
			_, _ = fmt.Fprintf(w, "Order %d, %s %s\n", o.ID, o.Platform, o.Record.Number.Value)
			for _, key := range o.Record.LineKeys() {
				l := o.Record.Lines[key]
				_, _ = fmt.Fprintf(w, "  line %-24s %s %s  %s\n", key, l.Product.Value.ID, l.Product.Value.Name, l.Sale.Value.Amount)
			}
			for id, p := range o.Record.Payments {
				_, _ = fmt.Fprintf(w, "  payment %-21s %s  %s\n", id, p.At.Format(dateTime), p.Value.Amount)
			}
			for id, r := range o.Record.Refunds {
				_, _ = fmt.Fprintf(w, "  refund %-22s %s  %s\n", id, r.At.Format(dateTime), r.Value.Amount)
			}
		})
	})
}

type orderRefund struct {
	ID      int64  `arg:"" help:"Number of the order, from 'customer show'."`
	Account string `help:"The account; may be left out when there is only one." placeholder:"NAME"`
	Line    string `help:"The line to give back, from 'order show'; none: the whole order."`
	Payment string `help:"The payment to give back, from 'order show', where there are several."`
	Amount  string `help:"How much, e.g. 12.50; none: all of it." placeholder:"AMOUNT"`
	Reason  string `help:"Why; never shown to the buyer."`
	Yes     bool   `help:"Really give money back." required:""`
}

// Run asks the platform to give money back.
func (c orderRefund) Run(a *app) error {
	return a.withAccount(c.Account, func(db *store.DB, account enrolld.Account) error {
		o, err := db.Order(a.ctx, account.ID, c.ID)
		if err != nil {
			return err
		}
		i, err := db.Integration(a.ctx, o.IntegrationID)
		if err != nil {
			return err
		}
		refund, err := c.refund(o)
		if err != nil {
			return err
		}
		platform := service.Platforms(a.apis)[i.Platform]
		refunder, ok := platform.(integrations.Refunder)
		if !ok {
			return enrolld.Errorf(enrolld.Invalid, "%s has no way for us to give money back: do it there; access follows by itself", i.Platform)
		}
		config := integrations.Config{Secrets: i.Secrets, APIKey: i.APIKey, Settings: i.Settings}
		// The entry comes before the money: were it lost after, nobody would
		// know of the refund, and somebody would ask for it once more.
		if err := c.audit(a, db, account.ID, o, refund); err != nil {
			return err
		}
		if err := refunder.Refund(a.ctx, config, refund); err != nil {
			return err
		}
		return a.print(map[string]bool{"asked": true}, func(w io.Writer) {
			_, _ = fmt.Fprintf(w, "%s gives the money back. Access follows when its delivery about that comes.\n", platform.Title())
		})
	})
}

// audit records that a refund was asked for; what the platform made of it is
// in the order, once its delivery has come.
func (c orderRefund) audit(a *app, db *store.DB, account int64, o store.Order, r integrations.Refund) error {
	detail, err := json.Marshal(map[string]any{"order": o.ID, "line": c.Line, "payment": c.Payment, "minor": r.Amount.Minor})
	if err != nil {
		return err
	}
	return db.InTx(a.ctx, func(tx *store.Tx) error {
		return tx.Audit(a.ctx, []store.AuditEntry{{
			AccountID: account, Actor: "command", Action: "order.refund", CustomerID: o.CustomerID, Detail: string(detail),
		}})
	})
}

// refund is what the flags ask for. Its key is made of them: the same command
// once more is the same refund, where the platform knows refunds by keys.
func (c orderRefund) refund(o store.Order) (integrations.Refund, error) {
	r := integrations.Refund{Order: o.Record, Line: c.Line, Payment: c.Payment, Reason: c.Reason}
	line, known := o.Record.Lines[c.Line]
	if c.Line != "" && !known {
		return r, enrolld.Errorf(enrolld.Invalid, "the order has no line %q; 'enrolld order show %d' lists them", c.Line, o.ID)
	}
	payment, paid := o.Record.Payments[c.Payment]
	if c.Payment != "" && !paid {
		return r, enrolld.Errorf(enrolld.Invalid, "the order has no payment %q; 'enrolld order show %d' lists them", c.Payment, o.ID)
	}
	if c.Amount != "" {
		currency := orderCurrency(o.Record, line, payment.Value)
		amount, err := enrolld.ParseDecimal(c.Amount, currency)
		if err != nil || amount.Minor <= 0 {
			return r, enrolld.Errorf(enrolld.Invalid, "--amount: a number such as 12.50")
		}
		r.Amount = amount
	}
	var refunded int64 // so far: some platforms keep one record with the sum
	for _, known := range o.Record.Refunds {
		refunded += known.Value.Amount.Minor
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%d|%s|%s|%d|%d|%d",
		o.ID, c.Line, c.Payment, r.Amount.Minor, refunded, len(o.Record.Refunds)))
	r.Key = "enrolld-" + hex.EncodeToString(sum[:16])
	return r, nil
}

func orderCurrency(o enrolld.Order, line enrolld.Line, payment enrolld.Payment) string {
	if c := payment.Amount.Currency; c != "" {
		return c
	}
	if c := line.Sale.Value.Amount.Currency; c != "" {
		return c
	}
	for _, p := range o.Payments {
		if p.Value.Amount.Currency != "" {
			return p.Value.Amount.Currency
		}
	}
	for _, l := range o.Lines {
		if c := l.Sale.Value.Amount.Currency; c != "" {
			return c
		}
	}
	return ""
}
