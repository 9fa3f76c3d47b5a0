package user

import (
	"encoding/json"

	"roster/shared/fault"
)

// Changes are the fields to change. A nil field stays as it is.
type Changes struct {
	Username        *string `json:"username"`
	FirstName       *string `json:"first_name"`
	LastName        *string `json:"last_name"`
	Email           *string `json:"email"`
	Password        *string `json:"password"`
	CurrentPassword *string `json:"current_password"`
	Role            *Role   `json:"role"`
	Active          *bool   `json:"active"`

	// Each replaces the whole object. A merge would need a way to remove a member, and
	// the object that somebody wrote would not be the one that they read.
	Metadata    *json.RawMessage `json:"metadata"`
	AppMetadata *json.RawMessage `json:"app_metadata"`
}

// onlyForAdmins reports whether the changes have a field that a USER may not give.
func (in Changes) onlyForAdmins() bool {
	return in.Role != nil || in.Active != nil || in.AppMetadata != nil
}

// Check names every bad value.
func (in Changes) Check(p Passwords) fault.Fields {
	_, fields := in.edit(p, User{})
	return fields
}

// checkOwnership names the fields that this caller may not give, and a missing
// current password. Own says that the caller changes its own account.
func (in Changes) checkOwnership(own bool) fault.Fields {
	fields := fault.Fields{}
	switch {
	case own && in.Username != nil:
		fields.Add("username", "can be changed by another admin only")
	case !own && in.Password != nil:
		fields.Add("password", "can be changed by its owner only; a reset mail lets them choose a new one")
	}
	switch {
	case own && in.Password != nil && in.CurrentPassword == nil:
		fields.Add("current_password", "is required to change the password")
	case !own && in.CurrentPassword != nil:
		fields.Add("current_password", "is for one's own password only")
	}
	return fields
}

// edit converts the changes of a target to an edit, and names every bad value.
func (in Changes) edit(p Passwords, target User) (Edit, fault.Fields) {
	e, fields := Edit{Role: in.Role, Active: in.Active}, fault.Fields{}
	after := target
	if in.Username != nil {
		name, reason := checkUsername(*in.Username)
		fields.Add("username", reason)
		e.Username, after.Username = &name, name
	}
	if in.FirstName != nil {
		name, reason := checkName(*in.FirstName)
		fields.Add("first_name", reason)
		e.FirstName, after.FirstName = &name, name
	}
	if in.LastName != nil {
		name, reason := checkName(*in.LastName)
		fields.Add("last_name", reason)
		e.LastName, after.LastName = &name, name
	}
	if in.Email != nil {
		address, reason := checkEmail(*in.Email)
		fields.Add("email", reason)
		e.Email, after.Email = &address, address
	}
	if in.Role != nil && *in.Role != RoleUser && *in.Role != RoleAdmin {
		fields.Add("role", "must be USER or ADMIN")
	}
	if in.Password != nil {
		fields.Add("password", p.Policy.Check(*in.Password, after.contextWords()...))
	}
	e.Metadata = checkGivenMetadata(fields, "metadata", in.Metadata)
	e.AppMetadata = checkGivenMetadata(fields, "app_metadata", in.AppMetadata)
	return e, fields
}
