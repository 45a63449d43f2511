package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"enrolld"
)

// CustomerCopy takes what is held of a customer, file by file.
type CustomerCopy struct {
	JSON  func(name string, v any) error
	Bytes func(name string, b []byte) error
}

// copyPage is how much of a history is read at a time.
const copyPage = 500

// ExportCustomer hands out everything that is held of a customer. Of a long history
// one page is in memory at a time, and of deliveries one.
func (db *DB) ExportCustomer(ctx context.Context, c enrolld.Customer, to CustomerCopy) error {
	grants, err := db.GrantsOf(ctx, c.AccountID, c.ID)
	if err != nil {
		return err
	}
	orders, err := db.OrdersOf(ctx, c.AccountID, c.ID)
	if err != nil {
		return err
	}
	emails, err := db.copyMessages(ctx, c)
	if err != nil {
		return err
	}
	addresses, err := db.AddressesOf(ctx, c.AccountID, c.ID)
	if err != nil {
		return err
	}
	history, err := db.copyHistory(ctx, c)
	if err != nil {
		return err
	}
	for _, f := range []struct {
		name string
		v    any
	}{{"profile", profileOf(c, addresses)}, {"access", copyGrants(grants)}, {"orders", copyOrders(orders)}, {"emails", emails}, {"history", history}} {
		if err := to.JSON(f.name+".json", f.v); err != nil {
			return fmt.Errorf("hand out %s: %w", f.name, err)
		}
	}
	return db.copyDeliveries(ctx, c, to)
}

// profile is a customer in a copy.
type profile struct {
	Number      int64      `json:"number"`
	Email       string     `json:"email"`
	First       string     `json:"first_name"`
	Last        string     `json:"last_name"`
	Joined      time.Time  `json:"customer_since"`
	WordPress   int64      `json:"wordpress_user,omitempty"`
	Problem     string     `json:"problem,omitempty"`
	Addresses   []string   `json:"further_addresses,omitempty"`
	BlockedAt   *time.Time `json:"blocked_at,omitempty"`
	BlockReason string     `json:"block_reason,omitempty"`
	RemovedAt   *time.Time `json:"removed_at,omitempty"`
}

func profileOf(c enrolld.Customer, further []Address) profile {
	var addresses []string
	for _, a := range further {
		addresses = append(addresses, a.Email)
	}
	return profile{c.ID, c.Email, c.First, c.Last, c.CreatedAt, c.WPUserID, c.Problem, addresses, c.BlockedAt, c.BlockReason, c.RemovedAt}
}

type copiedGrant struct {
	Course string        `json:"course"`
	Cause  enrolld.Cause `json:"cause"`
	State  string        `json:"state"`
	Reason string        `json:"reason"`
	From   time.Time     `json:"from,omitzero"`
	Until  *time.Time    `json:"until,omitempty"`
	Told   *time.Time    `json:"told,omitempty"`
}

func copyGrants(list []Grant) []copiedGrant {
	out := make([]copiedGrant, len(list))
	for i, g := range list {
		out[i] = copiedGrant{g.Course.String(), g.Cause, string(g.State), g.Reason.Text(), g.From, g.Until, g.AnnouncedAt}
	}
	return out
}

type copiedOrder struct {
	Number   int64         `json:"number"`
	Platform string        `json:"platform"`
	Came     time.Time     `json:"came"`
	Record   enrolld.Order `json:"record"`
}

func copyOrders(list []Order) []copiedOrder {
	out := make([]copiedOrder, len(list))
	for i, o := range list {
		out[i] = copiedOrder{o.ID, o.Platform, o.CreatedAt, o.Record}
	}
	return out
}

type copiedMessage struct {
	ID        int64           `json:"number"`
	Kind      string          `json:"kind"`
	To        string          `json:"to"`
	ToName    string          `json:"to_name,omitempty"`
	Data      json.RawMessage `json:"what_it_says"`
	State     string          `json:"state"`
	Response  string          `json:"server_said,omitempty"`
	Returned  string          `json:"came_back,omitempty"`
	CreatedAt time.Time       `json:"created_at"`
	SentAt    *time.Time      `json:"sent_at,omitempty"`
}

// copyMessages reads every message to a customer.
func (db *DB) copyMessages(ctx context.Context, c enrolld.Customer) ([]copiedMessage, error) {
	out := []copiedMessage{}
	for after := int64(0); ; {
		page, err := Collect(ctx, db.sql, func(rows *sql.Rows, m *copiedMessage) error {
			return rows.Scan(&m.ID, &m.Kind, &m.To, &m.ToName, (*[]byte)(&m.Data), &m.State, &m.Response, &m.Returned, &m.CreatedAt, &m.SentAt)
		}, `SELECT id, kind, recipient, recipient_name, data, state, response, returned_text, created_at, sent_at FROM enrolld_messages
			WHERE customer_id = ? AND account_id = ? AND id > ? ORDER BY id LIMIT ?`, c.ID, c.AccountID, after, copyPage)
		out = append(out, page...)
		if err != nil || len(page) < copyPage {
			return out, Classify(err)
		}
		after = page[len(page)-1].ID
	}
}

type copiedEvent struct {
	ID      int64           `json:"number"`
	At      time.Time       `json:"at"`
	Actor   string          `json:"who"`
	Action  string          `json:"what"`
	Detail  json.RawMessage `json:"detail,omitempty"`
	Subject string          `json:"whom,omitempty"`
	Before  json.RawMessage `json:"before,omitempty"`
	After   json.RawMessage `json:"after,omitempty"`

	aside []byte
}

// copyHistory reads what the audit log tells of a customer, and of those who were
// merged into them.
func (db *DB) copyHistory(ctx context.Context, c enrolld.Customer) ([]copiedEvent, error) {
	merged, err := mergedInto(ctx, db.sql, c.AccountID, c.ID)
	if err != nil {
		return nil, Classify(err)
	}
	in, ids := In(append(merged, c.ID))
	out := []copiedEvent{}
	for after := int64(0); ; {
		page, err := Collect(ctx, db.sql, func(rows *sql.Rows, e *copiedEvent) error {
			return rows.Scan(&e.ID, &e.At, &e.Actor, &e.Action, (*[]byte)(&e.Detail), &e.aside)
		}, `SELECT id, at, actor, action, detail, personal_id FROM enrolld_audit WHERE customer_id IN `+in+` AND account_id = ? AND id > ?
			ORDER BY id LIMIT ?`, append(ids, c.AccountID, after, copyPage)...)
		if err != nil {
			return nil, Classify(err)
		}
		if err := db.fillAside(ctx, page); err != nil {
			return nil, err
		}
		out = append(out, page...)
		if len(page) < copyPage {
			return out, nil
		}
		after = page[len(page)-1].ID
	}
}

func (db *DB) fillAside(ctx context.Context, page []copiedEvent) error {
	var ids [][]byte
	for _, e := range page {
		if e.aside != nil {
			ids = append(ids, e.aside)
		}
	}
	words, err := db.AuditWordsOf(ctx, ids)
	for i, e := range page {
		if w, ok := words[string(e.aside)]; ok {
			page[i].Detail, page[i].Subject, page[i].Before, page[i].After = w.Detail, w.Subject, w.Before, w.After
		}
	}
	return err
}

// copyDeliveries hands out the bodies of the deliveries about a customer's orders.
func (db *DB) copyDeliveries(ctx context.Context, c enrolld.Customer, to CustomerCopy) error {
	list, err := Collect(ctx, db.sql, scanID, `SELECT delivery_id FROM enrolld_delivery_effects WHERE customer_id = ?
		UNION SELECT e.delivery_id FROM enrolld_delivery_effects e JOIN enrolld_orders o ON o.id = e.order_id WHERE o.customer_id = ?
		ORDER BY 1`, c.ID, c.ID)
	if err != nil {
		return Classify(fmt.Errorf("find the deliveries about a customer: %w", err))
	}
	for _, id := range list {
		d, _, err := db.Delivery(ctx, c.AccountID, id)
		if enrolld.CodeOf(err) == enrolld.NotFound {
			continue
		}
		if err != nil {
			return err
		}
		if err := to.Bytes(fmt.Sprintf("deliveries/%d %s.txt", id, d.ReceivedAt.UTC().Format("2006-01-02 150405")), d.Body); err != nil {
			return fmt.Errorf("hand out a delivery: %w", err)
		}
	}
	return nil
}
