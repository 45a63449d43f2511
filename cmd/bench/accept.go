package main

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"enrolld/cmd/academy"
)

const (
	acceptConns = 64
	bodySize    = 2000
)

// accept measures durable deliveries per second at 64 connections beside the
// rate at which the same server takes durable one-row INSERTs of a body of the
// same size on 64 connections.
func (b *bench) accept(ctx context.Context) error {
	reference, err := b.inserts(ctx, acceptConns)
	if err != nil {
		return fmt.Errorf("reference: %w", err)
	}
	lone, err := b.inserts(ctx, 1)
	if err != nil {
		return fmt.Errorf("reference: %w", err)
	}
	ours, err := b.deliveries(ctx, acceptConns, 0)
	if err != nil {
		return err
	}
	half, err := b.deliveries(ctx, acceptConns, ours.rate()/2)
	if err != nil {
		return err
	}
	single, err := b.deliveries(ctx, 1, 0)
	if err != nil {
		return err
	}
	if err := b.checkStored(ctx, ours.n+half.n+single.n); err != nil {
		return err
	}
	b.add(row{
		"accept: durable deliveries, 64 connections", rate(ours.rate()), rate(reference.rate()) + " one-row INSERT",
		times(ours.rate() / reference.rate()), "≥ 2.00×",
	})
	b.add(row{
		"accept: p99 at half that load", half.quantile(.99).Round(10 * time.Microsecond).String(),
		fmt.Sprintf("%.0f/s offered", half.rate()), "", "< 25 ms",
	})
	b.add(row{
		"accept: a lone delivery, p50", single.quantile(.5).Round(10 * time.Microsecond).String(),
		lone.quantile(.5).Round(10*time.Microsecond).String() + " one-row INSERT",
		times(single.quantile(.5).Seconds() / lone.quantile(.5).Seconds()), "no batch wait",
	})
	return nil
}

// inserts is the reference: one-row INSERTs, each its own commit.
func (b *bench) inserts(ctx context.Context, conns int) (measured, error) {
	db, err := sql.Open("mysql", b.academy.MariaDB.DSN(b.academy.Database)+"&interpolateParams=true")
	if err != nil {
		return measured{}, fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = db.Close() }()
	db.SetMaxIdleConns(conns)
	if _, err := db.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS bench_reference
		(id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, body MEDIUMBLOB NOT NULL) ENGINE=InnoDB`); err != nil {
		return measured{}, fmt.Errorf("make the table: %w", err)
	}
	body := []byte(strings.Repeat("x", bodySize))
	return drive(ctx, conns, b.duration, 0, func(context.Context, int) (func() error, func() error, error) {
		conn, err := db.Conn(context.WithoutCancel(ctx))
		if err != nil {
			return nil, nil, err
		}
		return func() error {
			_, err := conn.ExecContext(context.WithoutCancel(ctx), `INSERT INTO bench_reference (body) VALUES (?)`, body)
			return err
		}, conn.Close, nil
	})
}

var orders atomic.Int64

// sale makes a different sale each time, signed, and filled to the size.
func sale(kind string) academy.Sale {
	n := orders.Add(1)
	p := academy.Person{Email: fmt.Sprintf("buyer%d@example.org", n), First: "Buyer", Last: fmt.Sprint(n)}
	id := fmt.Sprintf("bench%d", n)
	if kind == "thrivecart" {
		s := academy.ThriveCart(id, p, false, time.Now())
		s.Body = append(s.Body, "&fill="+strings.Repeat("x", max(0, bodySize-len(s.Body)-6))...)
		return s
	}
	return academy.GenericEvent(id, map[string]any{
		"id": id, "event": "purchase", "occurred_at": time.Now().UTC().Format(time.RFC3339), "order_id": id,
		"customer": map[string]any{"email": p.Email, "first_name": p.First, "last_name": p.Last},
		"items":    []any{map[string]any{"product_id": "everything", "quantity": 1, "amount": "149.00"}},
		"amount":   "149.00", "currency": "EUR", "fill": strings.Repeat("x", bodySize-420),
	})
}

// deliveries posts signed sales. They are rendered before: making and signing
// them is the sender's work.
func (b *bench) deliveries(ctx context.Context, conns int, pace float64) (measured, error) {
	hook := b.academy.Hooks["generic"]
	perConn := int(25000*b.duration.Seconds())/conns + 1
	if pace > 0 {
		perConn = int(pace*b.duration.Seconds())*2/conns + 100
	}
	rendered := make([][][]byte, conns)
	for i := range rendered {
		for range perConn {
			r, err := render(hook, sale("generic"))
			if err != nil {
				return measured{}, err
			}
			rendered[i] = append(rendered[i], r)
		}
	}
	return drive(ctx, conns, b.duration, pace, func(ctx context.Context, worker int) (func() error, func() error, error) {
		c, err := dial(ctx, hook)
		if err != nil {
			return nil, nil, err
		}
		mine := rendered[worker]
		return func() error {
			if len(mine) == 0 {
				return fmt.Errorf("out of prepared sales: use a shorter -duration")
			}
			next := mine[0]
			mine = mine[1:]
			return c.post(next)
		}, c.conn.Close, nil
	})
}

// checkStored makes sure that what was answered 200 is there.
func (b *bench) checkStored(ctx context.Context, want int) error {
	var n int
	if err := b.academy.DB.Conn().QueryRowContext(ctx, `SELECT COUNT(*) FROM enrolld_deliveries`).Scan(&n); err != nil {
		return fmt.Errorf("count deliveries: %w", err)
	}
	if n != want {
		return fmt.Errorf("%d deliveries were answered 200, %d are stored", want, n)
	}
	return nil
}
