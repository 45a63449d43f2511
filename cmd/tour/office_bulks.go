package tour

import (
	"context"
	"fmt"
	"time"

	"enrolld"
	"enrolld/store/bulk"
)

// addBulks does things with many customers: one is done, one is under way, one is
// ready to start, and one is to be decided.
func (o *Office) addBulks(ctx context.Context) error {
	x := bulk.On(o.DB)
	course := []enrolld.CourseRef{{LMS: "page", ID: o.Courses[1].ID}}
	for _, s := range []struct {
		name   string
		action bulk.Action
		terms  bulk.Terms
		then   func(id int64) error
	}{
		{"done", bulk.Give, bulk.Terms{Courses: course}, func(id int64) error { return o.doBulk(ctx, x, id) }},
		{"running", bulk.Extend, bulk.Terms{Courses: course, Days: 30}, func(id int64) error {
			// No worker wants it: it stays in the middle for as long as one looks.
			_, err := o.DB.Conn().ExecContext(ctx, `UPDATE enrolld_bulks SET state = 'running', started_at = created_at, due_at = NULL,
				counts = '{"foreseen":{"change":1187,"members":1204},"done":{"change":512}}' WHERE id = ?`, id)
			return err
		}},
		{"ready", bulk.Give, bulk.Terms{Courses: []enrolld.CourseRef{{LMS: "page", ID: o.Courses[2].ID}}, Notify: true}, func(int64) error { return nil }},
		{"choosing", "", bulk.Terms{}, nil},
	} {
		b, err := x.Choose(ctx, o.Owner.Actor(), o.Account.ID, bulk.Selection{})
		if err == nil && s.then != nil {
			if b, err = x.Decide(ctx, o.Owner.Actor(), o.Account.ID, b.ID, s.action, s.terms); err == nil {
				err = o.awaitBulk(ctx, x, b.ID, bulk.Ready)
			}
			if err == nil {
				err = s.then(b.ID)
			}
		}
		if err != nil {
			return err
		}
		o.ids["bulk "+s.name] = b.ID
	}
	row := o.DB.Conn().QueryRowContext(ctx, `SELECT id FROM enrolld_messages WHERE customer_id = ? ORDER BY id LIMIT 1`, o.ids["ann"])
	var id int64
	if err := row.Scan(&id); err != nil {
		return fmt.Errorf("find the buyer's mail: %w", err)
	}
	o.ids["mail"] = id
	return nil
}

func (o *Office) doBulk(ctx context.Context, x *bulk.Bulks, id int64) error {
	if err := x.Start(ctx, o.Owner.Actor(), o.Account.ID, id); err != nil {
		return err
	}
	return o.awaitBulk(ctx, x, id, bulk.Done)
}

// awaitBulk waits until the service's worker has brought a bulk action to a state.
func (o *Office) awaitBulk(ctx context.Context, x *bulk.Bulks, id int64, state bulk.State) error {
	for {
		b, err := x.Get(ctx, o.Account.ID, id)
		if err != nil || b.State == state {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}
