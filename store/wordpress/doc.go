// Package wordpress reads and writes the tables that WordPress owns, in the
// database that we share with it. It is a port of the few parts of WordPress
// that decide what a row looks like, and nothing above that: no sales, no
// courses, no transactions of its own.
//
// # What is written, and where
//
//	{base}users      new rows; user_activation_key of one user (StoreResetKey);
//	                 user_email of one user (ChangeEmail)
//	{base}usermeta   the 13 rows that wp_insert_user writes for a new user; on
//	                 a network also the rows of add_user_to_blog; session_tokens
//	                 goes when the team ends somebody's sessions (EndSessions)
//	enrolld_site_names   ours, in the connection's default schema: see below
//
// Options, posts and roles are only read. An existing user's password, role and
// names are never changed: they belong to their owner. A persistent object cache
// hides what is changed until the companion purges it.
//
// # One user per address
//
// WordPress has no unique key on email, login or nicename; it checks, then
// inserts. We are several processes, perhaps on several writers of a Galera
// cluster where GET_LOCK means nothing, so the primary key of
// enrolld_site_names is the lock: whoever inserts (site, 'email', key) owns the
// right to create that user, and everybody else waits for that row or fails
// certification and starts again. Rows are locked in the order of their key.
//
//	1  read reservations and users          everybody known? done, 2 queries
//	   strangers: choose names, insert users and their reservations; was all of it
//	   free, done; otherwise back to a savepoint, and
//	2  reserve the email keys, lock them    sorted
//	3  look for users that WordPress made   by address, compared by key
//	4  choose and reserve login, nicename   sorted, in rounds
//	5  insert users, read their ids back, insert their meta
//	6  write the ids into the reservations
//
// All of it runs in the caller's transaction, at READ COMMITTED: a user is
// never visible without its meta, which a persistent cache would remember as
// empty for good. The caller repeats the transaction on MySQL errors 1213
// (deadlock, also a failed certification), 1205 (lock wait) and 1020.
//
// WordPress itself takes none of these locks. Problems counts what a race with
// WordPress's own registration form may have left behind.
//
// # Ports
//
// Where the code follows a PHP function, its comment names the function; the
// tests run the real ones beside ours when PHP and WordPress are installed.
package wordpress
