package e2e

import (
	"strings"
	"testing"
	"time"

	"enrolld/cmd/academy"
)

// TestSecondSale is the first thing that somebody tries after the demo: a sale
// by hand, and a moment later everything is there.
func TestSecondSale(t *testing.T) {
	w := Start(t)
	who := academy.Person{Email: "you@example.org", First: "You", Last: "Yourself"}
	begin := time.Now()
	w.sell(t, academy.ThriveCart(number(), who, false, begin))
	m := w.mail(t, who.Email, 1)
	t.Logf("mail %q after %s", m.Subject, time.Since(begin).Round(time.Millisecond))
	if !strings.Contains(m.Text, "action=rp") || !strings.Contains(m.Text, w.Courses[0].Title) {
		t.Errorf("the welcome lacks the link or the course:\n%s", m.Text)
	}
	if !w.hasAccess(t, who.Email, 0) || w.hasAccess(t, who.Email, 1) {
		t.Error("want access to the first course, and to no other")
	}
	user := w.eval(t, `$u = get_user_by( 'email', 'you@example.org' );
		echo implode( ',', $u->roles ), ' ', $u->first_name, ' ', $u->last_name, ' ', $u->display_name;`)
	if want := "subscriber You Yourself You Yourself"; user != want {
		t.Errorf("the WordPress user is %q, want %q", user, want)
	}
	w.sell(t, academy.Stripe(number(), who, time.Now()))
	again := w.mail(t, who.Email, 2)
	if strings.Contains(again.Text, "action=rp") || !strings.Contains(again.Text, w.Courses[2].Title) {
		t.Errorf("the mail after the second sale: want the new course and no set-password link:\n%s", again.Text)
	}
}

// TestExistingUsers: whoever has an account keeps it as it is, whatever the
// spelling of the address at the checkout.
func TestExistingUsers(t *testing.T) {
	w := Start(t)
	w.eval(t, `wp_insert_user( array( 'user_login' => 'dora', 'user_email' => 'Dora.Explorer@Example.org',
		'user_pass' => 'my own words', 'role' => 'contributor', 'first_name' => 'Dora' ) );`)
	for _, tt := range []struct {
		name, login, password, bought string
		role                          string
	}{
		{"other letter case", "dora", "my own words", "dora.EXPLORER@example.ORG", "contributor"},
		{"administrator", w.AdminUser, w.AdminPassword, "Hello@InkAndWash.example", "administrator"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			describe := func() string {
				return w.eval(t, `$u = get_user_by( 'login', '%s' );
					echo $u->ID, ' ', implode( ',', $u->roles ), ' ', $u->user_email, ' ', $u->user_pass, ' ', $u->display_name,
						' [', $u->user_activation_key, '] ', $u->first_name, ' ', count_users()['total_users'];`, tt.login)
			}
			before := describe()
			who := academy.Person{Email: tt.bought, First: "Another", Last: "Name"}
			w.sell(t, academy.ThriveCart(number(), who, false, time.Now()))
			m := w.mail(t, tt.bought, 1)
			if strings.Contains(m.Text, "action=rp") {
				t.Errorf("a set-password link for somebody who has a password:\n%s", m.Text)
			}
			if after := describe(); after != before {
				t.Errorf("the user was %s\n and is now %s", before, after)
			}
			got := w.eval(t, `$u = wp_authenticate( '%s', '%s' );
				echo is_wp_error( $u ) ? $u->get_error_code() : implode( ',', $u->roles );`, tt.login, tt.password)
			if got != tt.role {
				t.Errorf("logging in with the old password: %s, want role %s", got, tt.role)
			}
			if !w.hasAccess(t, strings.ToLower(tt.bought), 0) {
				t.Error("no access to the course")
			}
		})
	}
}
