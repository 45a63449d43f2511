package store

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"enrolld"
)

// spellings are the ways in which addresses may stand in what others wrote, in
// small letters: as they are, and as forms and JSON escape them.
func spellings(addresses []string) []string {
	var out []string
	for _, a := range addresses {
		a = strings.ToLower(a)
		if a == "" {
			continue
		}
		form := strings.ToLower(url.QueryEscape(a))
		out = append(out, a, form, strings.ReplaceAll(a, "@", "%40"), strings.ReplaceAll(a, "@", `\u0040`))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// LongestSpelling is how many bytes one of the addresses may take in a text.
func LongestSpelling(addresses ...string) int {
	longest := 0
	for _, s := range spellings(addresses) {
		longest = max(longest, len(s))
	}
	return longest
}

// Names says whether one of some addresses stands in a text, and not as a part of
// somebody else's. Of a text that goes on, one at its very end is not counted: what
// follows may belong to it.
func Names(text []byte, whole bool, addresses ...string) bool {
	text = lower(text)
	for _, s := range spellings(addresses) {
		for from := 0; ; {
			i := bytes.Index(text[from:], []byte(s))
			if i < 0 {
				break
			}
			begin, end := from+i, from+i+len(s)
			if beginsThere(text[:begin]) && endsThere(text[end:], whole) {
				return true
			}
			from = begin + 1
		}
	}
	return false
}

// lower is ASCII in small letters; other bytes stay, whatever the encoding.
func lower(b []byte) []byte {
	out := slices.Clone(b)
	for i, c := range out {
		if 'A' <= c && c <= 'Z' {
			out[i] = c + 'a' - 'A'
		}
	}
	return out
}

func inAddress(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '.' || c == '_' || c == '+' || c == '-'
}

// beginsThere says whether an address may begin behind a text: after what is in no
// address, or is an escaped sign.
func beginsThere(before []byte) bool {
	n := len(before)
	switch {
	case n == 0 || !inAddress(before[n-1]):
		return true
	case n >= 3 && before[n-3] == '%':
		return string(before[n-2:]) != "2b" && string(before[n-2:]) != "2d" && string(before[n-2:]) != "2e"
	case n >= 6 && before[n-6] == '\\' && before[n-5] == 'u':
		return true
	case n >= 2 && before[n-2] == '\\' && (before[n-1] == 'n' || before[n-1] == 't' || before[n-1] == 'r'):
		return true
	}
	return false
}

// endsThere says whether an address may end before a text.
func endsThere(after []byte, whole bool) bool {
	switch {
	case len(after) < 2:
		return whole && (len(after) == 0 || !inAddress(after[0]) || after[0] == '.' || after[0] == '+')
	case after[0] == '.':
		return !inAddress(after[1])
	}
	return !inAddress(after[0]) || after[0] == '+' // a blank in forms
}

// How many deliveries one statement looks at: which there are, and what they say.
const (
	naming       = 5000
	namingBodies = 200
)

// DeliveriesNaming lists an account's deliveries in which an address stands and
// which led to no order: rejected, dead, ignored or parked ones. Those that wait are
// left, for they may yet become orders. It reads all of these states, in pieces; how
// many others the account has does not matter.
func (db *DB) DeliveriesNaming(ctx context.Context, accountID int64, addresses ...string) ([]int64, error) {
	spelled := spellings(addresses)
	if len(spelled) == 0 {
		return nil, nil
	}
	var out []int64
	for _, state := range []enrolld.DeliveryState{
		enrolld.DeliveryIgnored, enrolld.DeliveryParked, enrolld.DeliveryDead, enrolld.DeliveryRejected,
	} {
		found, err := db.namingOf(ctx, accountID, state, spelled, addresses)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return out, nil
}

func (db *DB) namingOf(
	ctx context.Context, accountID int64, state enrolld.DeliveryState, spelled, addresses []string,
) (out []int64, err error) {
	for last := int64(0); ; {
		page, err := Collect(ctx, db.sql, scanID, `SELECT id FROM enrolld_deliveries FORCE INDEX (by_state)
			WHERE account_id = ? AND state = ? AND id > ? ORDER BY id LIMIT ?`, accountID, string(state), last, naming)
		if err != nil {
			return nil, Classify(fmt.Errorf("look for an address in deliveries: %w", err))
		}
		for part := range slices.Chunk(page, namingBodies) {
			found, err := db.naming(ctx, part, spelled, addresses)
			if err != nil {
				return nil, err
			}
			out = append(out, found...)
		}
		if len(page) < naming {
			return out, nil
		}
		last = page[len(page)-1]
	}
}

// naming are those of some deliveries that led to no order and in which one of some
// addresses stands, spelled in one of some ways.
func (db *DB) naming(ctx context.Context, ids []int64, spelled, addresses []string) ([]int64, error) {
	in, args := In(ids)
	for _, s := range spelled {
		args = append(args, s)
	}
	type row struct {
		id   int64
		body []byte
	}
	found, err := Collect(ctx, db.sql, func(rows *sql.Rows, r *row) error { return rows.Scan(&r.id, &r.body) },
		`SELECT d.id, d.body FROM enrolld_deliveries d WHERE d.id IN `+in+`
		AND NOT EXISTS (SELECT 1 FROM enrolld_delivery_effects e WHERE e.delivery_id = d.id)
		AND (`+strings.Repeat("LOCATE(?, LOWER(CONVERT(d.body USING latin1))) > 0 OR ", len(spelled))+`FALSE)`, args...)
	if err != nil {
		return nil, Classify(fmt.Errorf("look for an address in deliveries: %w", err))
	}
	var out []int64
	for _, r := range found {
		if Names(r.body, true, addresses...) {
			out = append(out, r.id)
		}
	}
	return out, nil
}
