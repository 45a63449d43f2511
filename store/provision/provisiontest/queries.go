package provisiontest

// Queries that tests compare, in a fixed order and without our ids.
const (
	Deliveries = `SELECT body, state, note FROM enrolld_deliveries ORDER BY id`
	Users      = `SELECT user_login, user_email FROM wp_users ORDER BY user_email, ID`
	Grants     = `SELECT c.email, g.course_id, g.cause_line, g.state, g.reason FROM enrolld_grants g
		JOIN enrolld_customers c ON c.id = g.customer_id
		ORDER BY c.email_key, g.course_id, g.cause_kind, g.cause_id, g.cause_line`
	Access = `SELECT COALESCE(u.user_email, a.user_id), a.course_id, COALESCE(a.ends_at, 'no end') FROM enrolld_access a
		LEFT JOIN wp_users u ON u.ID = a.user_id ORDER BY 1, a.account_id, a.course_id`
	Messages = `SELECT recipient, kind, JSON_EXTRACT(data, '$.courses[*].title') FROM enrolld_messages ORDER BY id`
)

// Tables are those that a delivery's effects go to, WordPress's among them.
var Tables = []string{
	"enrolld_customers", "enrolld_orders", "enrolld_order_refs", "enrolld_order_lines", "enrolld_grants",
	"enrolld_access", "enrolld_messages", "enrolld_signals", "enrolld_audit", "enrolld_delivery_effects",
	"enrolld_site_names", "enrolld_products", "wp_users", "wp_usermeta",
}

// Counts is how many rows each of the Tables has.
func (w *World) Counts() map[string]string {
	w.T.Helper()
	out := make(map[string]string, len(Tables))
	for _, t := range Tables {
		out[t] = w.Rows("SELECT COUNT(*) FROM " + t)[0]
	}
	return out
}
