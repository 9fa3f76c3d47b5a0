package convert

import (
	"bufio"
	"encoding/json"
	"strings"
)

// djangoUser is an object of
//
//	python manage.py dumpdata auth.user
//
// https://docs.djangoproject.com/en/5.2/ref/django-admin/#dumpdata and
// https://docs.djangoproject.com/en/5.2/ref/contrib/auth/#user-model
type djangoUser struct {
	Model  string          `json:"model"`
	PK     json.RawMessage `json:"pk"`
	Fields struct {
		Password    string  `json:"password"`
		LastLogin   anyTime `json:"last_login"`
		IsSuperuser bool    `json:"is_superuser"`
		Username    string  `json:"username"`
		FirstName   string  `json:"first_name"`
		LastName    string  `json:"last_name"`
		Email       string  `json:"email"`
		IsActive    *bool   `json:"is_active"`
		DateJoined  anyTime `json:"date_joined"`
	} `json:"fields"`
}

// django reads a fixture, also one of a model of the project's own whose name ends
// with "user". A superuser, who may do everything in Django, is an ADMIN; is_staff and
// groups mean nothing here. A password that begins with ! is none.
func django(in Input) people {
	return reading(in.Open, func(file *bufio.Reader, emit func(person) error) error {
		return eachObject(file, "", func(u djangoUser) error {
			if !strings.HasSuffix(strings.ToLower(u.Model), "user") {
				return nil
			}
			f := u.Fields
			p := person{
				id: strings.Trim(string(u.PK), `"`), username: f.Username, first: f.FirstName, last: f.LastName, email: f.Email,
				isAdmin: f.IsSuperuser, inactive: f.IsActive != nil && !*f.IsActive, hash: f.Password,
				created: f.DateJoined.at, lastLogin: f.LastLogin.at,
			}
			if p.id == "null" || p.id == "" { // dumpdata --natural-primary
				p.id = f.Username
			}
			if strings.HasPrefix(p.hash, "!") {
				p.hash = ""
			}
			return emit(p)
		})
	})
}
