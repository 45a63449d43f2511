package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"enrolld"
	"enrolld/store"
)

const listsAsked = 60 // times that each list is asked for

// customers measures what the customers page asks of the database, for each filter
// and for searches, in an account with many customers beside one with ten thousand.
func (b *bench) customers(ctx context.Context) error {
	var got [2]map[string]listed
	var asked []listing
	for i, n := range []int{smallCrowd, b.options.rows} {
		c, err := b.crowd(ctx, n)
		if err != nil {
			return err
		}
		asked = c.listings()
		got[i] = map[string]listed{}
		for _, l := range asked {
			if got[i][l.name], err = c.ask(ctx, l.filter); err != nil {
				return fmt.Errorf("%s at %d: %w", l.name, n, err)
			}
		}
	}
	for _, l := range asked {
		small, large := got[0][l.name], got[1][l.name]
		b.add(row{
			"customers: " + l.name + fmt.Sprintf(", p50 · p95 at %d", b.options.rows),
			millis(large.quantile(.5)) + " · " + millis(large.quantile(.95)) + ", " + large.found(),
			millis(small.quantile(.95)) + fmt.Sprintf(" p95 at %d, ", smallCrowd) + small.found(),
			times(large.quantile(.95).Seconds() / small.quantile(.95).Seconds()), "< 50 ms, ≤ 2.00×",
		})
	}
	return nil
}

func millis(d time.Duration) string { return d.Round(10 * time.Microsecond).String() }

// listed is how long a list took, and how many it said were in it, at most.
type listed struct {
	measured
	total int
	exact bool
}

func (l listed) found() string {
	if l.exact {
		return fmt.Sprintf("of %d", l.total)
	}
	return fmt.Sprintf("of %d+", l.total)
}

// listing is a list that is asked for; i makes each time another one of its kind.
type listing struct {
	name   string
	filter func(i int) store.CustomerFilter
}

// listings are the lists, each at places all over the account. Those of few are of
// equally many in every crowd; those of most are of the same share, and are counted
// as far as 10,000, or as far as a page may look.
func (c *crowd) listings() []listing {
	course := func(id int64) enrolld.CourseRef { return enrolld.CourseRef{LMS: "page", ID: id} }
	fixed := func(f store.CustomerFilter) func(int) store.CustomerFilter {
		return func(int) store.CustomerFilter { return f }
	}
	words := func(words func(i int) string) func(int) store.CustomerFilter {
		return func(i int) store.CustomerFilter { return store.CustomerFilter{Words: words(i)} }
	}
	typed := func(words string) func(int) store.CustomerFilter {
		return func(i int) store.CustomerFilter { return store.CustomerFilter{Words: words[:1+i%len(words)]} }
	}
	source := strconv.FormatInt(c.source, 10)
	from := time.Now().UTC().Add(-2_000_000 * time.Second)
	return []listing{
		{"all", fixed(store.CustomerFilter{})},
		{"by name", fixed(store.CustomerFilter{Order: store.CustomersByName})},
		{"by email", fixed(store.CustomerFilter{Order: store.CustomersByEmail})},
		{"no access", fixed(store.CustomerFilter{NoAccess: true})},
		{"a course of most", fixed(store.CustomerFilter{Course: course(12)})},
		{"a course of few", fixed(store.CustomerFilter{Course: course(15)})},
		{"a product of most", fixed(store.CustomerFilter{Product: c.often})},
		{"a product of few", fixed(store.CustomerFilter{Product: c.seldom})},
		{"a source", fixed(store.CustomerFilter{Source: source})},
		{"an old day", func(i int) store.CustomerFilter {
			at := from.Add(time.Duration(i*c.size/listsAsked) * time.Second)
			return store.CustomerFilter{From: at, To: at.Add(time.Hour)}
		}},
		{"four filters of most", fixed(store.CustomerFilter{Course: course(12), Product: c.often, Source: source, Words: "mail3"})},
		{"four filters of few", fixed(store.CustomerFilter{Course: course(12), Product: c.seldom, Source: source, Words: "mail"})},
		{"search for a person", words(func(i int) string { return fmt.Sprintf("p%d@mail", 1+i*131%c.size) })},
		{"search for a name", words(func(i int) string { return fmt.Sprintf("ann quill%d", i%rareNames) })},
		{"search for a common name", words(func(i int) string { return fmt.Sprintf("ann lee%d", 1+i%9) })},
		{"search for what most have", fixed(store.CustomerFilter{Words: "mail"})},
		{"search for a letter", words(func(i int) string { return string(rune('a' + i%26)) })},
		{"search for nobody", fixed(store.CustomerFilter{Words: "an zzz"})},
		{"a rare name as it is typed", typed("grace quill7")},
		{"a common name as it is typed", typed("grace tanaka77")},
	}
}

// ask asks for a list as the page does, the rows and how many there are.
func (c *crowd) ask(ctx context.Context, filter func(i int) store.CustomerFilter) (listed, error) {
	out := listed{exact: true}
	for i := -3; i < listsAsked; i++ { // the first ones warm up
		f := filter(max(i, 0))
		f.Limit, f.Count = 50, true
		begin := time.Now()
		page, err := c.db.CustomerPage(ctx, c.account, store.AllProducts(), f)
		if err != nil {
			return out, err
		}
		if i >= 0 {
			out.latencies = append(out.latencies, time.Since(begin))
		}
		out.total, out.exact = max(out.total, page.Total), out.exact && page.Exact
	}
	slices.Sort(out.latencies)
	return out, nil
}
