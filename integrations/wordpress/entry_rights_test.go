package wordpress

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	store "enrolld/store/wordpress"
)

// TestEntryChangesNothing: password, address, profile and payments are the
// customer's own.
func TestEntryChangesNothing(t *testing.T) {
	f := wp(t)
	const sentence = "nothing of it can be changed here"
	token, _ := f.ask(t, asked{user: f.jane})
	b := f.browser(t)
	b.enter(token)
	nonce := regexp.MustCompile(`"nonce":"([0-9a-f]+)"`)
	rest := ""
	if m := nonce.FindStringSubmatch(b.get("/?witness=nonce").body); m != nil {
		rest = "&_wpnonce=" + m[1]
	} else {
		t.Fatal("there is no nonce for REST")
	}
	row := func() string {
		return f.eval(t, fmt.Sprintf(`$u = get_userdata( %d ); echo wp_json_encode( array( $u->user_pass, $u->user_email, $u->display_name,
			get_user_meta( $u->ID, 'first_name' ), get_user_meta( $u->ID, '_application_passwords' ), get_user_meta( $u->ID, 'billing_city' ) ) );`, f.jane))
	}
	before := row()
	for _, tt := range []struct{ method, path, fields string }{
		{"GET", "/wp-admin/profile.php", ""},
		{"POST", "/wp-admin/profile.php", "action=update&pass1=new&pass2=new&email=evil@example.com"},
		{"POST", "/?rest_route=/wp/v2/users/me" + rest, "password=new&email=evil@example.com"},
		{"POST", fmt.Sprintf("/?rest_route=/wp/v2/users/%d/application-passwords", f.jane) + rest, "name=backdoor"},
		{"POST", "/?witness=password", ""},
		{"POST", "/?witness=email", ""},
		{"POST", "/", "save_account_details=1&account_email=evil@example.com"},
		{"POST", "/", "action=edit_address&billing_city=Evil"},
		{"POST", "/", "woocommerce_add_payment_method=1"},
		{"POST", "/", "woocommerce_pay=1"},
		{"GET", "/?witness=card&delete-payment-method=3", ""},
		{"GET", "/?subscription_id=7&change_subscription_to=cancelled&_wpnonce=1", ""},
		{"GET", "/?cancel_order=true&order=wc_order_7&order_id=7&_wpnonce=1", ""},
	} {
		fields, err := url.ParseQuery(tt.fields)
		if err != nil {
			t.Fatal(err)
		}
		got := b.do(tt.method, tt.path, fields)
		if got.status != http.StatusForbidden || !strings.Contains(got.body, sentence) {
			t.Errorf("%s %s: %d, want 403 with a sentence: %.300s", tt.method, tt.path, got.status, got.body)
		}
	}
	b.get("/?witness=meta")
	if got := b.get("/?witness=knows").body; !strings.Contains(got, "password no") {
		t.Errorf("the password proves something: %.200s", got)
	}
	if diff := cmp.Diff(before, row()); diff != "" {
		t.Errorf("the user has changed (-before +after):\n%s", diff)
	}
	jane := f.browser(t)
	jane.logIn("jane")
	if got := jane.get("/wp-admin/profile.php"); got.status != http.StatusOK {
		t.Errorf("the member's own profile: %d, want 200", got.status)
	}
}

// TestRightsAgree: the companion judges users as the service does, and both know the
// same roles of customers.
func TestRightsAgree(t *testing.T) {
	f := wp(t)
	source, err := os.ReadFile("../../store/wordpress/roles.go")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(source), "var plainSlugs")
	list, _, _ = strings.Cut(list, "\n}")
	var slugs []string
	for _, m := range regexp.MustCompile(`"([a-z_]+)": +true`).FindAllStringSubmatch(list, -1) {
		slugs = append(slugs, m[1])
	}
	var theirs []string
	if err := json.Unmarshal([]byte(f.eval(t, `echo wp_json_encode( Enrolld_Entry::CUSTOMER_ROLES );`)), &theirs); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(slugs)), slices.Sorted(slices.Values(theirs))); diff != "" {
		t.Errorf("roles of customers, service and companion (-service +companion):\n%s", diff)
	}
	slugs = append(slugs, "read", "level_0", "level_1", "spectate", "participate", "access_course", "read_course", "read_private_pages", "readme",
		"administrator", "editor", "author", "contributor", "shop_manager", "edit_posts", "upload_files", "manage_options", "moderate", "")
	values := []string{`''`, `'not serialized'`, `'a:1:{s:6:"editor";b:0;}'`, `'a:2:{s:10:"subscriber";b:1;s:6:"editor";b:1;}'`, `'a:1:{s:6:"author";i:1;}'`, `'a:0:{}'`}
	for _, s := range slugs {
		values = append(values, fmt.Sprintf(`serialize( array( '%s' => true ) )`, s))
	}
	out := f.eval(t, `global $wpdb; $out = array();
		foreach ( array( `+strings.Join(values, ", ")+` ) as $n => $value ) {
			$id = wp_insert_user( array( 'user_login' => "judged$n", 'user_pass' => 'x', 'role' => '' ) );
			$wpdb->delete( $wpdb->usermeta, array( 'user_id' => $id, 'meta_key' => 'wp_capabilities' ) );
			$wpdb->insert( $wpdb->usermeta, array( 'user_id' => $id, 'meta_key' => 'wp_capabilities', 'meta_value' => $value ) );
			Enrolld_Companion::purge( $id );
			$out[] = array( $id, Enrolld_Entry::beyond_customer( get_userdata( $id ) ) );
		}
		echo wp_json_encode( $out );`)
	var judged [][2]any
	if err := json.Unmarshal([]byte(out), &judged); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	site := store.Site{ID: 1, Schema: f.schemas[0], BasePrefix: "wp_", BlogID: 1}
	beyond := 0
	for i, j := range judged {
		user, err := store.UserByID(t.Context(), f.db, site, int64(j[0].(float64)))
		if err != nil {
			t.Fatal(err)
		}
		if user.Privileged != j[1].(bool) {
			t.Errorf("%s: more than a customer by the service %t, by the companion %t", values[i], user.Privileged, j[1])
		}
		if user.Privileged {
			beyond++
		}
	}
	if beyond == 0 || beyond == len(judged) {
		t.Errorf("%d of %d users have more rights: the test shows nothing", beyond, len(judged))
	}
}
