package wordpress

import "strings"

// Roles maps the slug of each role of a blog, from option {P}user_roles, to
// whether it goes beyond reading.
type Roles map[string]bool

// fallbackRole is the role of new users when the blog's own default is missing
// or has rights that a purchase must not give.
const fallbackRole = "subscriber"

// parseRoles reads {P}user_roles: slug => {name, capabilities => {cap => bool}}.
func parseRoles(serialized string) (Roles, error) {
	a, err := UnserializeArray(serialized)
	if err != nil {
		return nil, err
	}
	roles := Roles{}
	for _, e := range a.Entries {
		slug, ok := e.Key.(string)
		if !ok {
			continue
		}
		roles[slug] = false
		role, _ := e.Value.(*Array)
		if role == nil {
			continue
		}
		caps, _ := role.Get("capabilities")
		for _, c := range granted(caps) {
			roles[slug] = roles[slug] || beyondReading(c)
		}
	}
	return roles, nil
}

// granted returns the keys of a capabilities array whose value is true.
func granted(v any) []string {
	a, _ := v.(*Array)
	if a == nil {
		return nil
	}
	var out []string
	for _, e := range a.Entries {
		if slug, ok := e.Key.(string); ok && truthy(e.Value) {
			out = append(out, slug)
		}
	}
	return out
}

func truthy(v any) bool {
	switch v := v.(type) {
	case bool:
		return v
	case int64:
		return v != 0
	case string:
		return v != "" && v != "0"
	case Float:
		return v.Float64() != 0
	case *Array:
		return len(v.Entries) > 0
	}
	return false
}

// beyondReading judges a single capability. It lists what is harmless: a plugin
// that invents a capability does not get it handed to every buyer.
func beyondReading(capability string) bool {
	switch {
	case capability == "read", capability == "level_0", capability == "spectate",
		capability == "participate":
		return false
	case strings.HasPrefix(capability, "access_"):
		return false
	case strings.HasPrefix(capability, "read_"):
		return strings.HasPrefix(capability, "read_private")
	}
	return true
}

// plainSlugs are the customer roles that plugins add while WordPress runs, so
// that {P}user_roles does not list them, or that outlive their plugin.
var plainSlugs = map[string]bool{
	"subscriber": true, "customer": true, "student": true, "academy_student": true,
	"masteriyo_student": true, "tutor_student": true,
	"bbp_participant": true, "bbp_spectator": true, "bbp_blocked": true,
}

// privileged says whether a {P}capabilities value gives more than a customer
// has. What cannot be read counts as more.
func (r Roles) privileged(serialized string) bool {
	if serialized == "" {
		return false
	}
	a, err := UnserializeArray(serialized)
	if err != nil {
		return true
	}
	for _, e := range a.Entries {
		slug, ok := e.Key.(string)
		// WP_User takes a role that is there with the value false for one that the user has.
		beyond, isRole := r[slug]
		if ok && !isRole {
			beyond = truthy(e.Value) && !plainSlugs[slug] && beyondReading(slug)
		}
		if beyond {
			return true
		}
	}
	return false
}

// forNewUsers returns the role that a new user gets.
func (r Roles) forNewUsers(defaultRole string) string {
	if beyond, ok := r[defaultRole]; ok && !beyond {
		return defaultRole
	}
	return fallbackRole
}
