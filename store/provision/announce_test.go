package provision_test

import (
	"testing"
	"time"

	"enrolld"
	pt "enrolld/store/provision/provisiontest"
)

// TestMessages walks members through what can happen; each step says which
// messages it adds.
func TestMessages(t *testing.T) {
	t.Parallel()
	type step struct {
		key   string
		event enrolld.Event
		want  []string
	}
	const ann = "ann@example.org"
	const messages = `SELECT kind, JSON_EXTRACT(data, '$.courses[*].title') FROM enrolld_messages ORDER BY id`
	unpaid := pt.Buy("1", ann, "paint")
	sale := *unpaid.Lines[0].Sale
	sale.Paid, unpaid.Lines[0].Sale = false, &sale
	paid := pt.Buy("1", ann, "paint")
	paid.At = paid.At.Add(time.Minute)
	tests := map[string][]step{
		"several courses in one mail": {
			{"sale", pt.Buy("1", ann, "paint", "sculpt", "both"), []string{`welcome|["Painting", "Sculpture"]`}},
			{"next", pt.Buy("2", ann, "weave"), []string{`access|["Weaving"]`}},
		},
		"a course that is open already": {
			{"sale", pt.Buy("1", ann, "paint"), []string{`welcome|["Painting"]`}},
			{"again", pt.Buy("2", ann, "paint"), nil},
			{"and one more", pt.Buy("3", ann, "both"), []string{`access|["Sculpture"]`}},
		},
		"a dispute that is won": {
			{"sale", pt.Buy("1", ann, "paint"), []string{`welcome|["Painting"]`}},
			{"dispute", pt.Dispute("1", day, enrolld.DisputeOpen), nil},
			{"won", pt.Dispute("1", 2*day, enrolld.DisputeWon), nil},
		},
		"a dispute of the second ground is won": {
			{"sale", pt.Buy("1", ann, "paint"), []string{`welcome|["Painting"]`}},
			{"again", pt.Buy("2", ann, "paint"), nil},
			{"refund", pt.Refund("1", day), nil},
			{"dispute", pt.Dispute("2", day, enrolld.DisputeOpen), nil},
			{"won", pt.Dispute("2", 2*day, enrolld.DisputeWon), nil},
		},
		"a dispute that is lost": {
			{"sale", pt.Buy("1", ann, "paint"), []string{`welcome|["Painting"]`}},
			{"lost", pt.Dispute("1", day, enrolld.DisputeLost), nil},
		},
		"money that comes late": {
			{"order", unpaid, nil},
			{"money", paid, []string{`welcome|["Painting"]`}},
		},
		"a refund": {
			{"sale", pt.Buy("1", ann, "both"), []string{`welcome|["Painting", "Sculpture"]`}},
			{"refund", pt.Refund("1", day), []string{`refunded|["Painting", "Sculpture"]`}},
			{"said again", pt.Refund("1", day), nil},
		},
		"a refund of which there was nothing to tell": {
			{"order", unpaid, nil},
			{"refund", pt.Refund("1", day), nil},
			{"money", paid, nil},
		},
		"bought anew after the refund": {
			{"sale", pt.Buy("1", ann, "paint"), []string{`welcome|["Painting"]`}},
			{"refund", pt.Refund("1", day), []string{`refunded|["Painting"]`}},
			{"anew", pt.Buy("2", ann, "paint"), []string{`access|["Painting"]`}},
		},
		"a page that is gone": {
			{"sale", pt.Buy("1", ann, "gone"), []string{`welcome|["Course page:99"]`}},
		},
		"a start that is yet to come": {
			{"sale", pt.Buy("1", ann, "later"), nil},
			{"refund", pt.Refund("1", day), nil},
		},
	}
	for name, steps := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := pt.New(t)
			for product, pages := range map[string][]int64{
				"paint": {12}, "sculpt": {15}, "weave": {18}, "both": {12, 15}, "gone": {99},
			} {
				w.Map(product, enrolld.Rule{}, pages...)
			}
			w.Map("later", enrolld.Rule{StartDelay: 9 * day}, 12)
			var want []string
			for _, s := range steps {
				w.Receive(s.key, s.event)
				want = append(want, s.want...)
				if got := w.Rows(messages); !equal(got, want) {
					t.Fatalf("after %q: got messages %q, want %q", s.key, got, want)
				}
			}
			w.Want(`SELECT COUNT(*) - COUNT(DISTINCT cause) FROM enrolld_messages`, "0")
			// Replaying everything tells nobody anything again.
			_, err := w.DB.Replay(t.Context(), w.Account.ID, delivered)
			w.Check(err)
			w.Work()
			w.Want(messages, want...)
		})
	}
}
