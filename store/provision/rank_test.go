package provision_test

import (
	"testing"
	"time"

	"enrolld"
	"enrolld/store"
	"enrolld/store/provision"
	pt "enrolld/store/provision/provisiontest"
)

// TestWhoGoesFirst: what a purchase or a person tells goes before what the clock does,
// and a history that is taken in, and those before what is given to many.
func TestWhoGoesFirst(t *testing.T) {
	t.Parallel()
	w := pt.New(t)
	w.Check(w.DB.SetCompanion(t.Context(), w.Account.ID, "key"))
	w.Map("paint", enrolld.Rule{Duration: 30 * day}, 12)
	w.Receive("sale", pt.Buy("1", "buyer@example.org", "paint"))
	old := pt.Buy("2", "history@example.org", "paint")
	old.At = old.At.Add(-25 * time.Hour)
	w.Receive("history", old)
	give(t, w, notified(to("byhand@example.org", byMaya, 12)))
	many := notified(to("imported@example.org", byImport, 12))
	many.Rank = enrolld.RankMany
	imported := give(t, w, many)[0].CustomerID
	w.Pass(30 * day)
	const ranks = `SELECT CONCAT(recipient, ' ', kind), 2 - urgency FROM enrolld_messages ORDER BY id`
	w.Want(ranks, "buyer@example.org welcome|0", "history@example.org welcome|1", "byhand@example.org welcome|0",
		"imported@example.org welcome|2", "buyer@example.org expired|1", "history@example.org expired|1")
	w.Want(`SELECT kind, 2 - urgency, COUNT(*) FROM enrolld_signals GROUP BY 1, 2 ORDER BY 1, 2`,
		"granted|0|2", "granted|1|1", "granted|2|1", "revoked|1|2")
	w.Check(w.DB.InTx(t.Context(), func(tx *store.Tx) error {
		at, err := provision.LoadPlace(t.Context(), w.DB, w.Account.ID)
		if err != nil {
			return err
		}
		_, err = provision.SendLinks(t.Context(), tx, at, enrolld.Actor{Name: "Maya"}, provision.Links{
			CustomerIDs: []int64{imported}, Reason: "bulk:1", Rank: enrolld.RankMany,
		})
		return err
	}))
	w.Want(`SELECT 2 - urgency FROM enrolld_messages WHERE cause LIKE 'link:%'`, "2")
}
