package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"enrolld"
	"enrolld/store"
	"enrolld/store/importing"
)

// importRun is a command's work on imports.
type importRun struct {
	a       *app
	x       *importing.Imports
	worker  *importing.Worker
	account enrolld.Account
}

func newImportRun(a *app, db *store.DB, account enrolld.Account) *importRun {
	return &importRun{a: a, x: importing.On(db), worker: importing.NewWorker(db, importing.Options{Log: a.log}), account: account}
}

const (
	watchEvery = 300 * time.Millisecond // of an import that another worker has
	stopTime   = 10 * time.Second       // to note that somebody stopped it
)

// finish works on an import until it has ended, or watches a service that does,
// and says how it ended. When it is interrupted, the import is paused.
func (r *importRun) finish(i importing.Import) error {
	bar := r.bar("importing")
	if i.State == importing.Undoing {
		bar = r.bar("undoing")
	}
	i, err := r.follow(i, bar)
	bar.end()
	if r.a.ctx.Err() != nil {
		return r.stop(i)
	}
	if err != nil {
		return fmt.Errorf("'enrolld import resume %d' goes on where it stopped: %w", i.ID, err)
	}
	if i.State == importing.Paused {
		return enrolld.Errorf(enrolld.Unavailable, "import %d is paused: %s. 'enrolld import resume %d' goes on", i.ID, i.Note, i.ID)
	}
	return r.conclude(i)
}

func (r *importRun) follow(i importing.Import, bar *progress) (importing.Import, error) {
	for {
		n, err := r.worker.StepOf(r.a.ctx, i.ID)
		if err != nil {
			return i, err
		}
		now, err := r.x.Get(r.a.ctx, i.AccountID, i.ID)
		if err != nil {
			return i, err
		}
		i = now
		if i.State != importing.Running && i.State != importing.Undoing {
			return i, nil
		}
		if i.State == importing.Running {
			bar.show(i.At.Offset, i.Size, i.Counts.Rows)
		}
		if n > 0 {
			continue
		}
		select {
		case <-r.a.ctx.Done():
			return i, r.a.ctx.Err()
		case <-time.After(watchEvery):
		}
	}
}

// stop pauses an import that somebody interrupted, between two batches.
func (r *importRun) stop(i importing.Import) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.a.ctx), stopTime)
	defer cancel()
	if err := r.worker.Release(ctx); err != nil {
		return err
	}
	if i.State == importing.Running {
		if paused, err := r.x.Pause(ctx, operator, i.AccountID, i.ID); err == nil {
			i = paused
		} else if enrolld.CodeOf(err) != enrolld.Conflict {
			return err
		}
	}
	return enrolld.Errorf(enrolld.Unavailable, "stopped behind row %d: 'enrolld import resume %d' goes on, "+
		"'enrolld import undo %d' takes back what was given", i.Counts.Rows, i.ID, i.ID)
}

// describe says what would come of an import.
func (r *importRun) describe(i importing.Import) {
	if r.a.json || i.Preview == nil {
		return
	}
	w, c := r.a.out, i.Preview
	_, _ = fmt.Fprintf(w, "%s: %d rows\n", i.FileName, c.Rows)
	for _, line := range []struct {
		n    int64
		what string
	}{
		{c.New, "new customers"}, {c.Known, "known customers who get something"},
		{c.Blocked, "of these blocked, to whom nothing opens"}, {c.Back, "of these removed, who are customers again by it"},
		{c.More, "known customers who have it all: one more reason"}, {c.Same - c.More, "that come again in the file"},
		{c.Invalid, "that cannot be taken"}, {c.Mails, "messages go out"},
	} {
		if line.n > 0 {
			_, _ = fmt.Fprintf(w, "%10d %s\n", line.n, line.what)
		}
	}
	r.sayTwin(w, i)
	for _, refusal := range i.Plan.Refusals() {
		_, _ = fmt.Fprintln(w, refusal)
	}
}

// sayTwin says whether the same file was imported before.
func (r *importRun) sayTwin(w io.Writer, i importing.Import) {
	twin, ok, err := r.x.Twin(r.a.ctx, i.AccountID, i.ID)
	switch {
	case err != nil:
		_, _ = fmt.Fprintln(r.a.err, "enrolld:", explain(err))
	case ok:
		_, _ = fmt.Fprintf(w, "this is the same list as import %d of %s; who has everything already notices nothing\n", twin.ID,
			twin.StartedAt.UTC().Format("2 January 2006"))
	}
}

// conclude says how an import ended.
func (r *importRun) conclude(i importing.Import) error {
	return r.a.print(importView(i), func(w io.Writer) {
		if i.State == importing.Undone {
			u := i.Undo
			_, _ = fmt.Fprintf(w, "Import %d is undone: %d customers, %d keep something, %d failed.\n", i.ID, u.Undone, u.Kept, u.Failed)
			r.sayLeft(w, i)
			return
		}
		c := i.Counts
		_, _ = fmt.Fprintf(w, "Import %d is %s: %d new, %d known, %d same, %d not taken.\n", i.ID, i.State.Text(), c.New, c.Known, c.Same, c.Invalid+c.Refused)
		if c.Invalid+c.Refused > 0 {
			_, _ = fmt.Fprintf(w, "'enrolld import rejects %d > rejects.csv' writes those that were not taken, to be mended and imported.\n", i.ID)
		}
	})
}

// sayLeft lists whom an undoing left something to.
func (r *importRun) sayLeft(w io.Writer, i importing.Import) {
	const most = 20
	left, err := r.x.Left(r.a.ctx, i.AccountID, i.ID, 0, most)
	if err != nil {
		_, _ = fmt.Fprintln(r.a.err, "enrolld:", explain(err))
	}
	for _, l := range left {
		_, _ = fmt.Fprintf(w, "  customer %-8d %s\n", l.CustomerID, l.Why)
	}
	if more := i.Undo.Kept + i.Undo.Failed - int64(len(left)); more > 0 {
		_, _ = fmt.Fprintf(w, "  and %d more\n", more)
	}
}

type importJSON struct {
	ID      int64                 `json:"id"`
	File    string                `json:"file"`
	State   string                `json:"state"`
	Courses []string              `json:"courses"`
	Until   *time.Time            `json:"until,omitempty"`
	Notify  bool                  `json:"notify"`
	Preview *importing.Counts     `json:"preview,omitempty"`
	Counts  importing.Counts      `json:"counts"`
	Undo    *importing.UndoCounts `json:"undo,omitempty"`
	Note    string                `json:"note,omitempty"`
	Created time.Time             `json:"created"`
}

func importView(i importing.Import) importJSON {
	v := importJSON{
		ID: i.ID, File: i.FileName, State: string(i.State), Courses: courseNames(i.Terms.Courses), Until: i.Terms.EndsAt,
		Notify: i.Terms.Notify, Preview: i.Preview, Counts: i.Counts, Note: i.Note, Created: i.CreatedAt,
	}
	if i.State == importing.Undoing || i.State == importing.Undone {
		v.Undo = &i.Undo
	}
	return v
}

// progress shows how far a file is: a bar on a terminal, else a line for each
// tenth, nothing beside JSON.
type progress struct {
	out      io.Writer // nil: silent
	what     string
	terminal bool
	told     int64 // tenths
}

func (r *importRun) bar(what string) *progress {
	p := &progress{out: r.a.err, what: what}
	if r.a.json {
		p.out = nil
	}
	if f, ok := r.a.err.(*os.File); ok {
		info, err := f.Stat()
		p.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return p
}

const barWidth = 30

// show shows that so many of all bytes are read.
func (p *progress) show(done, all, rows int64) {
	if p.out == nil || all == 0 {
		return
	}
	if p.terminal {
		full := int(done * barWidth / all)
		_, _ = fmt.Fprintf(p.out, "\r%s [%s%s] %3d%%  %d rows", p.what, strings.Repeat("#", full), strings.Repeat(".", barWidth-full), done*100/all, rows)
		return
	}
	if tenth := done * 10 / all; tenth > p.told {
		p.told = tenth
		_, _ = fmt.Fprintf(p.out, "%s: %d%%, %d rows\n", p.what, done*100/all, rows)
	}
}

// end takes the bar away.
func (p *progress) end() {
	if p.out != nil && p.terminal {
		_, _ = fmt.Fprint(p.out, "\r\x1b[K")
	}
}
