package user

import "roster/shared/fault"

// Admin is the input of SeedAdmin.
type Admin struct {
	Username string
	Email    string
	Password string // if "", a one-time link to set one is mailed
}

// Check names every bad field. The username may be a reserved one.
func (in Admin) Check(p Passwords) fault.Fields {
	_, fields := in.account(p)
	return fields
}

func (in Admin) account(p Passwords) (User, fault.Fields) {
	u := User{FirstName: "Admin", LastName: "Admin", Role: RoleAdmin, Active: true, TokenVersion: 1}
	fields := fault.Fields{}
	name, ok := CanonicalUsername(in.Username)
	if !ok {
		fields.Add("ADMIN_USERNAME", "is not a username")
	}
	email, reason := checkEmail(in.Email)
	fields.Add("ADMIN_EMAIL", reason)
	u.Username, u.Email = name, email
	if in.Password != "" {
		fields.Add("ADMIN_PASSWORD", p.Policy.Check(in.Password, u.contextWords()...))
	}
	return u, fields
}
