package teachable

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"enrolld"
	"enrolld/integrations"
)

const apiURL = "https://developers.teachable.com/v1/"

// Bounds of what is listed.
const (
	pageSize  = 100
	mostPages = 50
)

// asker asks Teachable's API on behalf of one integration.
type asker struct {
	*Platform
	ctx context.Context //nolint:containedctx // lives as long as one call of Complete or Catalogue
	key string
	// What was answered: a delivery may have many events of one user.
	users map[string]user
	paid  map[string]transactions
}

func (p *Platform) asker(ctx context.Context, c integrations.Config) asker {
	return asker{Platform: p, ctx: ctx, key: c.APIKey.Reveal(), users: map[string]user{}, paid: map[string]transactions{}}
}

func (a asker) get(path string, query url.Values, what string) (integrations.Node, error) {
	u := apiURL + path
	if len(query) > 0 {
		u += "?" + query.Encode()
	}
	return a.api.JSON(a.ctx, integrations.Call{URL: u, What: what, Header: http.Header{
		"apiKey": {a.key}, "Accept": {"application/json"},
	}})
}

// pages lists things page by page until take has enough.
func (a asker) pages(path string, query url.Values, what string, take func(integrations.Node) (more bool)) error {
	query.Set("per", strconv.Itoa(pageSize))
	for page := 1; page <= mostPages; page++ {
		query.Set("page", strconv.Itoa(page))
		n, err := a.get(path, query, what)
		if err != nil {
			return err
		}
		list := n.Get(path).List()
		for _, item := range list {
			if !take(item) {
				return nil
			}
		}
		// Teachable may give fewer at once than it was asked for.
		last, ok := n.Get("meta", "number_of_pages").Int()
		if len(list) == 0 || ok && int64(page) >= last {
			return nil
		}
	}
	return nil
}

// isID says whether a text can be an id of Teachable's: they are numbers.
func isID(s string) bool { return s != "" && len(s) < 20 && strings.Trim(s, "0123456789") == "" }

// user is a person with what they are enrolled in.
type user struct {
	email, name string
	courses     []integrations.Node
}

func (a asker) user(id string) (user, error) {
	if !isID(id) {
		return user{}, enrolld.Errorf(enrolld.NotFound, "the delivery names no user of Teachable's")
	}
	if u, ok := a.users[id]; ok {
		return u, nil
	}
	if len(a.users) == mostUsers {
		return user{}, errTooMany
	}
	n, err := a.get("users/"+id, nil, "a user")
	if err != nil {
		return user{}, err
	}
	n = orWhole(n, "user")
	if n.Get("id").Text() != id {
		return user{}, enrolld.Errorf(enrolld.NotFound, "Teachable answered with something else when asked for a user")
	}
	u := user{n.Get("email").Text(), n.Get("name").Text(), n.Get("courses").List()}
	a.users[id] = u
	return u, nil
}

// orWhole is the part of an answer with that name, or the answer itself: the docs
// show single things both ways.
func orWhole(n integrations.Node, name string) integrations.Node {
	if part := n.Get(name); part.IsObject() {
		return part
	}
	return n
}

// enrolled is the user's enrolment in a course.
func (u user) enrolled(course string) (integrations.Node, bool) {
	for _, c := range u.courses {
		if course != "" && c.Get("course_id").Text() == course {
			return c, true
		}
	}
	return integrations.Node{}, false
}

// transactions are all that a user paid.
type transactions []integrations.Node

func (a asker) transactions(user string) (transactions, error) {
	if known, ok := a.paid[user]; ok {
		return known, nil
	}
	var out transactions
	err := a.pages("transactions", url.Values{"user_id": {user}}, "a user's transactions", func(n integrations.Node) bool {
		if n.Get("user_id").Text() == user {
			out = append(out, n)
		}
		return true
	})
	if err == nil {
		a.paid[user] = out
	}
	return out, err
}

// of are those of a sale.
func (t transactions) of(sale string) transactions {
	var out transactions
	for _, n := range t {
		if n.Get("sale_id").Text() == sale {
			out = append(out, n)
		}
	}
	return out
}

// plan is a pricing plan.
type plan struct {
	course, name string
	recurring    bool
	interval     string // week, month, year
	count        int
	trialDays    int
}

// plan asks for a pricing plan; one that Teachable does not know is an empty one.
func (a asker) plan(id string) (plan, error) {
	if !isID(id) {
		return plan{}, nil
	}
	return a.plans.Get(a.ctx, func(ctx context.Context) (plan, error) {
		in := a
		in.ctx = ctx
		n, err := in.get("pricing_plans/"+id, nil, "a pricing plan")
		if enrolld.CodeOf(err) == enrolld.NotFound {
			return plan{}, nil
		}
		if err != nil {
			return plan{}, err
		}
		return newPlan(orWhole(n, "pricing_plan")), nil
	}, a.key, id)
}

func newPlan(n integrations.Node) plan {
	f := n.Get("frequency")
	const most = 1_000
	count, _ := f.Get("billing_interval_count").Int()
	trial, _ := n.Get("free_trial_length").Int()
	return plan{
		course: n.Get("course_id").Text(), name: integrations.Clean(n.Get("name").Text()),
		recurring: f.Get("type").Text() == "subscription", interval: f.Get("billing_interval").Text(),
		count: int(min(max(count, 1), most)), trialDays: int(min(max(trial, 0), most)),
	}
}

// after is the end of a period that begins at a time; zero where the plan has none.
func (p plan) after(t time.Time) time.Time {
	if !p.recurring {
		return time.Time{}
	}
	return integrations.After(t, p.count, p.interval)
}

// Catalogue lists the courses, and their pricing plans as variants.
func (p *Platform) Catalogue(ctx context.Context, c integrations.Config) ([]integrations.Listed, error) {
	if c.APIKey == "" {
		return nil, enrolld.Errorf(enrolld.Invalid, "give the integration an API key of Teachable's to list its courses")
	}
	a := p.asker(ctx, c)
	var out []integrations.Listed
	names := map[string]string{}
	err := a.pages("courses", url.Values{}, "the courses", func(n integrations.Node) bool {
		id, name := n.Get("id").Text(), integrations.Clean(n.Get("name").Text())
		if id != "" {
			names[id] = name
			out = append(out, integrations.Listed{Product: enrolld.ProductRef{ID: id, Name: pick(name, "Course "+id)}})
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	err = a.pages("pricing_plans", url.Values{}, "the pricing plans", func(n integrations.Node) bool {
		id, course := n.Get("id").Text(), n.Get("course_id").Text()
		name := pick(integrations.Clean(n.Get("name").Text()), "Plan "+id)
		switch {
		case id == "":
		case course == "":
			out = append(out, integrations.Listed{Product: enrolld.ProductRef{ID: planID(id), Name: name}, Bundle: true})
		default:
			ref := enrolld.ProductRef{ID: course, Variant: id, Name: pick(names[course], "Course "+course) + ": " + name}
			out = append(out, integrations.Listed{Product: ref})
		}
		return true
	})
	return out, err
}

func pick(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
