package wordpress

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// create makes a user for every seeker that is still without one.
func (b *batch) create(ctx context.Context) error {
	pending := b.pending()
	if len(pending) == 0 {
		return nil
	}
	if err := b.nameUsers(ctx, pending, b.reserveFree); err != nil {
		return err
	}
	if err := b.insertUsers(ctx, pending); err != nil {
		return err
	}
	return b.insertMeta(ctx, pending)
}

// nameUsers gives every seeker a user with a login and nicename, and no id yet.
func (b *batch) nameUsers(ctx context.Context, pending []*seeker, take taking) error {
	logins := make([]*claim, len(pending))
	for i, s := range pending {
		logins[i] = &claim{next: loginCandidates(s.addr, s.key)}
	}
	if err := b.claimNames(ctx, kindLogin, "user_login", slices.Clone(logins), take); err != nil {
		return err
	}
	nicenames := make([]*claim, len(pending))
	for i, s := range pending {
		nicenames[i] = &claim{next: nicenameCandidates(logins[i].name, s.key)}
	}
	if err := b.claimNames(ctx, kindNicename, "user_nicename", slices.Clone(nicenames), take); err != nil {
		return err
	}
	for i, s := range pending {
		s.created, s.stale = true, true
		s.user = &account{onBlog: true, User: User{
			Login: logins[i].name, Nicename: nicenames[i].name, Email: s.addr,
			DisplayName: displayName(s.first, s.last, logins[i].name),
		}}
	}
	return nil
}

// displayName follows wp_insert_user: both names, else either, else the login.
func displayName(first, last, login string) string {
	both := strings.TrimSpace(first + " " + last)
	if both == "" {
		both = login
	}
	return cutEscaped(both, maxDisplay)
}

// insertUsers writes the rows of new users and fills in their ids.
func (b *batch) insertUsers(ctx context.Context, seekers []*seeker) error {
	registered := b.now.UTC().Format(time.DateTime) // a string: no driver setting may move it
	for chunk := range slices.Chunk(seekers, maxRows) {
		args := make([]any, 0, 5*len(chunk))
		for _, s := range chunk {
			args = append(args, s.user.Login, unusablePassword(), s.user.Nicename, s.user.Email, s.user.DisplayName)
		}
		res, err := b.conn.ExecContext(ctx, "INSERT INTO "+b.site.users()+
			" (user_login, user_pass, user_nicename, user_email, user_url, user_registered,"+
			" user_activation_key, display_name) VALUES "+
			repeat("(?,?,?,?,'','"+registered+"','',?)", len(chunk)), args...)
		if err != nil {
			return fmt.Errorf("insert users: %w", err)
		}
		if err := b.readIDs(ctx, chunk, res); err != nil {
			return err
		}
	}
	return nil
}

// readIDs reads the new ids back, from the first of them on and, where others came
// between, by login. LAST_INSERT_ID arithmetic would be wrong with another
// auto_increment_increment, as every Galera node has.
func (b *batch) readIDs(ctx context.Context, seekers []*seeker, res sql.Result) error {
	byLogin := make(map[string]*account, len(seekers))
	logins := make([]string, len(seekers))
	for i, s := range seekers {
		byLogin[s.user.Login], logins[i] = s.user, s.user.Login
	}
	first, err := res.LastInsertId()
	if err != nil {
		return fmt.Errorf("read the new ids: %w", err)
	}
	missing, err := b.findIDs(ctx, byLogin, "ID >= ? ORDER BY ID LIMIT "+strconv.Itoa(len(seekers)), first)
	if err == nil && missing > 0 {
		missing, err = b.findIDs(ctx, byLogin, "user_login IN ("+repeat("?", len(logins))+") ORDER BY ID", anys(logins)...)
	}
	if err == nil && missing > 0 {
		err = errors.New("a new user is not there after its INSERT")
	}
	return err
}

// findIDs fills ids in from users of a condition, by ID, and returns how many are
// missing.
func (b *batch) findIDs(ctx context.Context, byLogin map[string]*account, where string, args ...any) (missing int, err error) {
	rows, err := collect(ctx, b.conn, func(rows *sql.Rows) (User, error) {
		var u User
		err := rows.Scan(&u.ID, &u.Login, &u.Email)
		return u, err
	}, "SELECT ID, user_login, user_email FROM "+b.site.users()+" WHERE "+where, args...)
	if err != nil {
		return 0, fmt.Errorf("read the new ids: %w", err)
	}
	for _, r := range rows {
		// The collation may return others; the highest id with our address is ours.
		if a := byLogin[r.Login]; a != nil && a.Email == r.Email {
			a.ID = r.ID
		}
	}
	for _, a := range byLogin {
		if a.ID == 0 {
			missing++
		}
	}
	return missing, nil
}

// insertMeta writes the meta of the new users, in wp_insert_user's order. All
// but the names and the role are constants and stand in the statement itself,
// which spares ten placeholders a user; what is the same for all is put together once.
func (b *batch) insertMeta(ctx context.Context, seekers []*seeker) error {
	if len(seekers) == 0 {
		return nil
	}
	rows := append(b.userMeta(), b.blogMeta(0, b.site.Multisite)...)
	tails := make([]string, len(rows))
	for i, r := range rows {
		tails[i] = r.tail()
	}
	var query strings.Builder
	for chunk := range slices.Chunk(seekers, max(1, maxRows/len(rows))) {
		query.Reset()
		query.WriteString(b.insertIntoMeta())
		args := make([]any, 0, 5*len(chunk))
		for n, s := range chunk {
			id := strconv.FormatInt(s.user.ID, 10)
			names := [...]string{MaybeSerialize(s.user.Login), MaybeSerialize(s.first), MaybeSerialize(s.last)}
			for i, r := range rows {
				if n+i > 0 {
					query.WriteByte(',')
				}
				query.WriteByte('(')
				query.WriteString(id)
				query.WriteString(tails[i])
				switch {
				case i < len(names):
					args = append(args, names[i])
				case !r.literal:
					args = append(args, r.value)
				}
			}
		}
		if _, err := b.conn.ExecContext(ctx, query.String(), args...); err != nil {
			return fmt.Errorf("insert user meta: %w", err)
		}
	}
	return nil
}

func (b *batch) insertIntoMeta() string {
	return "INSERT INTO " + b.site.userMeta() + " (user_id, meta_key, meta_value) VALUES "
}

// metaRow is one row of usermeta. A literal value is a constant of ours.
type metaRow struct {
	user       int64
	key, value string
	literal    bool
}

// tail is what stands behind the user's id in a statement. The key is a constant,
// or made of a validated prefix.
func (r metaRow) tail() string {
	if r.literal {
		return ",'" + r.key + "','" + r.value + "')"
	}
	return ",'" + r.key + "',?)"
}

// userMeta are the rows of wp_insert_user. The first three have their values from
// the user: login, first and last name.
func (b *batch) userMeta() []metaRow {
	rows := []metaRow{
		{key: "nickname"},
		{key: "first_name"},
		{key: "last_name"},
		constant("description", ""),
		constant("rich_editing", "true"),
		constant("syntax_highlighting", "true"),
	}
	if b.info.infiniteScrolling() {
		rows = append(rows, constant("infinite_scrolling", "true"))
	}
	return append(rows,
		constant("comment_shortcuts", "false"),
		constant("admin_color", b.info.adminColor()),
		constant("use_ssl", "0"),
		constant("show_admin_bar_front", "true"),
		constant("locale", ""),
	)
}

func constant(key, value string) metaRow { return metaRow{key: key, value: value, literal: true} }

// blogMeta is add_user_to_blog: the first blog of a network becomes the user's
// primary one, then set_role with a role that has level 0.
func (b *batch) blogMeta(id int64, first bool) []metaRow {
	var rows []metaRow
	if first {
		rows = append(rows,
			metaRow{id, "primary_blog", strconv.FormatInt(max(b.site.BlogID, 1), 10), true},
			metaRow{id, "source_domain", MaybeSerialize(b.info.Domain), false})
	}
	var caps strings.Builder
	caps.WriteString("a:1:{")
	writeString(&caps, cmp.Or(b.info.DefaultRole, fallbackRole))
	caps.WriteString("b:1;}")
	return append(rows,
		metaRow{id, b.site.capsKey(), caps.String(), false},
		metaRow{id, b.site.levelKey(), "0", true})
}

func (b *batch) writeMeta(ctx context.Context, rows []metaRow) error {
	for chunk := range slices.Chunk(rows, maxRows) {
		var query strings.Builder
		var args []any
		query.WriteString(b.insertIntoMeta())
		for i, r := range chunk {
			if i > 0 {
				query.WriteByte(',')
			}
			query.WriteString("(" + strconv.FormatInt(r.user, 10) + r.tail())
			if !r.literal {
				args = append(args, r.value)
			}
		}
		if _, err := b.conn.ExecContext(ctx, query.String(), args...); err != nil {
			return fmt.Errorf("insert user meta: %w", err)
		}
	}
	return nil
}
