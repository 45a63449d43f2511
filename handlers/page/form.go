package page

import (
	"net/url"
	"slices"
)

// Form is what was typed into a form and what is wrong with it. Passwords are
// never shown again, whatever it holds.
type Form struct {
	// Prefix goes into the ids of fields, where a page has several forms with a
	// field of the same name.
	Prefix string

	values url.Values
	errors []FieldError
}

// FieldError is what is wrong with one field. Field is "" when it is about the
// form as a whole; ID is then "" too.
type FieldError struct{ Field, ID, Message string }

// NewForm makes an empty form.
func NewForm() *Form { return FormOf(nil) }

// FormOf makes a form of what was posted. It keeps a copy.
func FormOf(values url.Values) *Form {
	f := &Form{values: make(url.Values, len(values))}
	for name, all := range values {
		f.values[name] = slices.Clone(all)
	}
	return f
}

// Set replaces the values of a field and returns the form, so that a form for
// something that exists is made in one expression.
func (f *Form) Set(name string, values ...string) *Form {
	f.values[name] = values
	return f
}

// Get returns the first value of a field, "" when there is none.
func (f *Form) Get(name string) string { return f.values.Get(name) }

// All returns every value of a field.
func (f *Form) All(name string) []string { return f.values[name] }

// Has reports whether value is among those of a field.
func (f *Form) Has(name, value string) bool {
	return slices.Contains(f.values[name], value)
}

// Fail says what is wrong with a field; an empty name means the whole form. The
// message says what to do. Of several about one field the first is kept.
func (f *Form) Fail(name, message string) {
	if name != "" && f.Error(name) != "" {
		return
	}
	e := FieldError{Field: name, Message: message}
	if name != "" {
		e.ID = f.ID(name)
	}
	f.errors = append(f.errors, e)
}

// Failed reports whether anything is wrong.
func (f *Form) Failed() bool { return len(f.errors) > 0 }

// Errors returns what is wrong, in the order in which it was said.
func (f *Form) Errors() []FieldError { return f.errors }

// Single reports whether the one thing that is wrong is about no field.
func (f *Form) Single() bool { return len(f.errors) == 1 && f.errors[0].Field == "" }

// Error returns what is wrong with a field, "" when nothing is.
func (f *Form) Error(name string) string {
	for _, e := range f.errors {
		if e.Field == name {
			return e.Message
		}
	}
	return ""
}

// ID is the id of a field's control in the page.
func (f *Form) ID(name string) string { return "field-" + f.Prefix + name }
