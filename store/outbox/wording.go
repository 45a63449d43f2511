package outbox

import (
	"cmp"
	"context"

	"enrolld"
	"enrolld/store"
	"enrolld/store/provision"
	"enrolld/store/wordpress"
)

// choose decides in whose words and in which language messages go out: in the
// member's own, as WordPress knows it, else in that of the account's choice, else
// in the site's. What was decided for a first attempt stays for those after it,
// whatever is saved meanwhile.
func (q *Messages) choose(
	ctx context.Context, tx *store.Tx, list []*enrolld.Message, at provision.Place, users map[int64]store.MessageUser,
) error {
	var fixed, wpUsers []int64
	var fresh []*enrolld.Message
	for _, m := range list {
		if m.Wording.ID != 0 {
			fixed = append(fixed, m.Wording.ID)
		}
		if m.Wording.Lang == "" && m.Data.Test == nil {
			fresh = append(fresh, m)
			if id := users[m.CustomerID].WPUserID; id != 0 {
				wpUsers = append(wpUsers, id)
			}
		}
	}
	saved, err := tx.WordingsByID(ctx, at.Account.ID, fixed)
	if err != nil {
		return err
	}
	for _, m := range list {
		if w, ok := saved[m.Wording.ID]; ok {
			m.Wording = w
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	own, err := tx.Wordings(ctx, at.Account.ID)
	if err != nil {
		return err
	}
	locales, err := wordpress.Locales(ctx, tx, at.Site, wpUsers)
	if err != nil {
		return err
	}
	usual := at.Language()
	for _, m := range fresh {
		lang := cmp.Or(enrolld.LanguageOf(locales[users[m.CustomerID].WPUserID]), usual)
		m.Wording = enrolld.ChooseWording(own, m.Kind, m.Data.Template, lang, usual)
	}
	return tx.NoteWordings(ctx, fresh)
}
