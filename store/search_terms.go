package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"enrolld"
)

// Terms are words that nobody types: what a customer bought and where from. A
// term may outlast its reason, as when an order turns out to be somebody else's:
// it finds candidates, and the query that shows them looks at the orders.
const (
	productMark = "\x01p"
	sourceMark  = "\x01s"
	blockedTerm = "\x01b"
	goneTerm    = "\x01g"
)

// goneShelf is where the words of customers who are gone lie: under the number of
// their account with this bit. So they are in no list but their own, and no list
// has to ask for it.
const goneShelf = 1 << 62

func shelfOf(accountID int64, gone bool) int64 {
	if gone {
		return accountID | goneShelf
	}
	return accountID
}

// Sources of customers besides integrations, whose number is their name.
const (
	SourcePerson = "person" // added or given access by the team
	SourceImport = "import"
)

func sourceTerm(source string) string { return sourceMark + source }

func integrationSource(id int64) string { return strconv.FormatInt(id, 10) }

// productTerm has the name of a product in a fixed length.
func productTerm(platform, key string) string {
	sum := sha256.Sum256([]byte(platform + "\x00" + clip(key, maxProductKey)))
	return productMark + string(sum[:])
}

// word is a row of the index.
type word struct {
	account  int64
	word     string
	customer int64
}

// addWords adds rows to the index; those that are there stay.
func (tx *Tx) addWords(ctx context.Context, words []word) error {
	slices.SortFunc(words, func(a, b word) int { // as the index lies: what goes onto one page, goes there together
		return cmp.Or(cmp.Compare(a.account, b.account), strings.Compare(a.word, b.word), cmp.Compare(a.customer, b.customer))
	})
	var query []byte
	for part := range slices.Chunk(words, wordRowsAtOnce) {
		query = append(query[:0], `INSERT IGNORE INTO enrolld_customer_words (account_id, word, customer_id) VALUES `...)
		for i, w := range part {
			if i > 0 {
				query = append(query, ',')
			}
			query = append(query, '(')
			query = strconv.AppendInt(query, w.account, 10)
			query = append(query, ",X'"...)
			query = hex.AppendEncode(query, []byte(w.word))
			query = append(query, "',"...)
			query = strconv.AppendInt(query, w.customer, 10)
			query = append(query, ')')
		}
		if _, err := tx.ExecContext(ctx, string(query)); err != nil {
			return fmt.Errorf("index customers: %w", err)
		}
	}
	return nil
}

// wordRowsAtOnce bounds a statement to some 300 kB: its rows are short.
const wordRowsAtOnce = 2000

// indexOrders notes what the customers of orders bought, and where.
func (tx *Tx) indexOrders(ctx context.Context, orders []*Order) error {
	var words []word
	for _, o := range orders {
		if o.CustomerID == 0 {
			continue
		}
		words = append(words, word{o.AccountID, sourceTerm(integrationSource(o.IntegrationID)), o.CustomerID})
		for _, l := range o.Record.Lines {
			if !l.Product.Known() {
				continue
			}
			for _, key := range l.Product.Value.ProductKeys() {
				words = append(words, word{o.AccountID, productTerm(o.Platform, key), o.CustomerID})
			}
		}
	}
	return tx.addWords(ctx, words)
}

// indexGrants notes who was given access by hand.
func (tx *Tx) indexGrants(ctx context.Context, grants []Grant) error {
	var words []word
	for _, g := range grants {
		if g.Cause.Kind != enrolld.CauseOrder {
			words = append(words, word{g.AccountID, sourceTerm(string(g.Cause.Kind)), g.CustomerID})
		}
	}
	return tx.addWords(ctx, words)
}

// countCourses counts the courses that are open to customers whom the transaction
// has locked.
func (tx *Tx) countCourses(ctx context.Context, ids []int64) error {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	for part := range slices.Chunk(ids, maxRows) {
		list, args := In(part)
		_, err := tx.ExecContext(ctx, `UPDATE enrolld_customers c SET c.courses = (SELECT COUNT(DISTINCT g.lms, g.course_id)
			FROM enrolld_grants g WHERE g.customer_id = c.id AND g.state = 'live')
			WHERE c.courses IS NOT NULL AND c.id IN `+list, args...)
		if err != nil {
			return fmt.Errorf("count the courses of customers: %w", err)
		}
	}
	return nil
}

// IndexCustomers writes the words of up to n customers who have none yet, or whose
// name was filled in, and returns how many there were. It goes on where it was
// left, on any replica: who has words is written on the customer.
func (db *DB) IndexCustomers(ctx context.Context, n int) (int, error) {
	accounts, err := db.Accounts(ctx)
	if err != nil {
		return 0, err
	}
	done := 0
	for _, a := range accounts {
		for done < n {
			found, err := db.indexAccount(ctx, a.ID, min(n-done, maxRows))
			if err != nil {
				return done, err
			}
			if found == 0 {
				break
			}
			done += found
		}
	}
	return done, nil
}

func (db *DB) indexAccount(ctx context.Context, accountID int64, n int) (found int, err error) {
	err = db.InTx(ctx, func(tx *Tx) error {
		ids, err := Collect(ctx, tx, scanID, `SELECT id FROM enrolld_customers
			WHERE account_id = ? AND part_of = 0 AND courses IS NULL ORDER BY id LIMIT ? FOR UPDATE`, accountID, n)
		if err != nil {
			return fmt.Errorf("find customers without words: %w", err)
		}
		found = len(ids)
		return tx.indexAnew(ctx, ids)
	})
	return found, err
}

func scanID(rows *sql.Rows, id *int64) error { return rows.Scan(id) }

// indexAnew replaces the words of customers whom the transaction has locked.
func (tx *Tx) indexAnew(ctx context.Context, ids []int64) error {
	for part := range slices.Chunk(ids, maxRows) {
		words, err := tx.allWords(ctx, part)
		if err != nil {
			return err
		}
		list, args := In(part)
		if _, err := tx.ExecContext(ctx, `DELETE FROM enrolld_customer_words WHERE customer_id IN `+list, args...); err != nil {
			return fmt.Errorf("index customers: %w", err)
		}
		if err := tx.addWords(ctx, words); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE enrolld_customers SET courses = 0 WHERE id IN `+list, args...); err != nil {
			return fmt.Errorf("index customers: %w", err)
		}
		if err := tx.countCourses(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

// allWords reads what customers are found by out of the tables.
func (tx *Tx) allWords(ctx context.Context, ids []int64) ([]word, error) {
	list, args := In(ids)
	customers, err := Collect(ctx, tx, scanCustomer, `SELECT `+customerColumns+` FROM enrolld_customers WHERE id IN `+list, args...)
	if err != nil {
		return nil, fmt.Errorf("read customers: %w", err)
	}
	var out []word
	shelf := make(map[int64]int64, len(customers))
	for _, c := range customers {
		out = append(out, wordRows(c)...)
		shelf[c.ID] = shelfOf(c.AccountID, c.Gone)
	}
	further, err := tx.furtherWords(ctx, customers)
	if err != nil {
		return nil, err
	}
	out = append(out, further...)
	terms, err := Collect(ctx, tx, func(rows *sql.Rows, w *word) error {
		var platform, product, variant string
		if err := rows.Scan(&w.account, &w.customer, &platform, &product, &variant); err != nil {
			return err
		}
		w.account, w.word = shelf[w.customer], productTerm(platform, product)
		if variant != "" {
			out = append(out, word{w.account, productTerm(platform, product+"/"+variant), w.customer})
		}
		return nil
	}, `SELECT DISTINCT o.account_id, o.customer_id, l.platform, l.product_key, l.variant_key
		FROM enrolld_orders o JOIN enrolld_order_lines l ON l.order_id = o.id WHERE o.customer_id IN `+list, args...)
	if err != nil {
		return nil, fmt.Errorf("read what customers bought: %w", err)
	}
	sources, err := Collect(ctx, tx, func(rows *sql.Rows, w *word) error {
		var source string
		err := rows.Scan(&w.account, &w.customer, &source)
		w.account, w.word = shelf[w.customer], sourceTerm(source)
		return err
	}, `SELECT DISTINCT account_id, customer_id, CAST(integration_id AS CHAR) FROM enrolld_orders WHERE customer_id IN `+list+`
		UNION ALL SELECT DISTINCT account_id, customer_id, cause_kind FROM enrolld_grants
		WHERE cause_kind <> 'order' AND customer_id IN `+list, append(args, args...)...)
	if err != nil {
		return nil, fmt.Errorf("read where customers came from: %w", err)
	}
	return slices.Concat(out, terms, sources), nil
}

// wordRows are the words of a customer's name and address, and of their standing.
// Who was erased has neither.
func wordRows(c enrolld.Customer) []word {
	var words []string
	if c.ErasedAt == nil {
		words = wordsOf(c.Email, c.Key, c.First, c.Last)
	}
	if c.BlockedAt != nil {
		words = append(words, blockedTerm)
	}
	if c.Gone {
		words = append(words, goneTerm)
	}
	out := make([]word, len(words))
	for i, w := range words {
		out[i] = word{shelfOf(c.AccountID, c.Gone), w, c.ID}
	}
	return out
}

// Reindex writes the words of customers anew whom the transaction has locked and
// whose standing has changed, or is that of somebody gone.
func (tx *Tx) Reindex(ctx context.Context, ids []int64) error { return tx.indexAnew(ctx, ids) }
