package wordpress

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"strconv"

	"enrolld"
)

// Conn is what this package needs of a connection or transaction. *sql.Tx,
// *sql.Conn and *sql.DB are such.
type Conn interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Site names the tables of one WordPress blog.
type Site struct {
	// ID is our own id of the WordPress install and the scope of its name
	// reservations. Two blogs that share a users table must share the ID.
	ID int64
	// Schema is the database name. Every WordPress table is written
	// `schema`.`table`, since our connection may have another default.
	Schema string
	// BasePrefix is $table_prefix of wp-config.php, such as wp_.
	BasePrefix string
	// BlogID is 1 on a single site and on the main blog of a network.
	BlogID int64
	// Multisite says that the install is a network.
	Multisite bool
	// UsersTable and UserMetaTable are the unqualified names; empty means
	// BasePrefix + "users" and "usermeta". CUSTOM_USER_TABLE changes them.
	UsersTable, UserMetaTable string
}

var (
	tablePattern  = regexp.MustCompile(`^[A-Za-z0-9_]{1,64}$`)
	schemaPattern = regexp.MustCompile(`^[A-Za-z0-9_$-]{1,64}$`)
)

// Prefix returns the prefix of the blog's own tables and meta keys: the base
// prefix for blog 1, base + "N_" for blog N (wpdb::get_blog_prefix).
func (s Site) Prefix() string {
	if s.BlogID <= 1 {
		return s.BasePrefix
	}
	return s.BasePrefix + strconv.FormatInt(s.BlogID, 10) + "_"
}

// Validate says whether every name can stand in a statement. Errors have code
// Invalid. All functions of this package call it: names are concatenated.
func (s Site) Validate() error {
	if s.ID <= 0 {
		return enrolld.Errorf(enrolld.Invalid, "the WordPress site has no id")
	}
	if s.BlogID < 0 {
		return enrolld.Errorf(enrolld.Invalid, "the blog id %d is negative", s.BlogID)
	}
	if !schemaPattern.MatchString(s.Schema) {
		return enrolld.Errorf(enrolld.Invalid, "%q is not a database name we accept", s.Schema)
	}
	longest := s.Prefix() + "options"
	for _, name := range []string{longest, s.usersName(), s.userMetaName()} {
		if s.BasePrefix == "" || !tablePattern.MatchString(name) {
			return enrolld.Errorf(enrolld.Invalid,
				"%q is not a table name we accept: letters, digits and _ only, and a prefix", name)
		}
	}
	return nil
}

func (s Site) usersName() string {
	if s.UsersTable != "" {
		return s.UsersTable
	}
	return s.BasePrefix + "users"
}

func (s Site) userMetaName() string {
	if s.UserMetaTable != "" {
		return s.UserMetaTable
	}
	return s.BasePrefix + "usermeta"
}

// qualified quotes a validated table name together with its schema.
func (s Site) qualified(table string) string {
	return "`" + s.Schema + "`.`" + table + "`"
}

func (s Site) users() string    { return s.qualified(s.usersName()) }
func (s Site) userMeta() string { return s.qualified(s.userMetaName()) }

// blogTable is a table of this blog; networkTable one of the whole install.
func (s Site) blogTable(name string) string    { return s.qualified(s.Prefix() + name) }
func (s Site) networkTable(name string) string { return s.qualified(s.BasePrefix + name) }

// capsKey and levelKey are the meta keys of a user's rights on this blog.
func (s Site) capsKey() string  { return s.Prefix() + "capabilities" }
func (s Site) levelKey() string { return s.Prefix() + "user_level" }

// String names the site for logs.
func (s Site) String() string { return fmt.Sprintf("%s.%s", s.Schema, s.Prefix()) }
