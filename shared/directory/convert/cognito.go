package convert

import (
	"bufio"
	"strings"

	"roster/shared/request"
)

// cognito reads a CSV file with the header of a user pool's import
// (aws cognito-idp get-csv-header), or what
//
//	aws cognito-idp list-users --user-pool-id …
//
// prints. Cognito gives no hashes to anybody, so no account has a password: each
// user asks for a mail to set one.
//
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool.html and
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UserType.html
func cognito(in Input) people {
	return reading(in.Open, func(file *bufio.Reader, emit func(person) error) error {
		first, err := firstByte(file)
		if err != nil {
			return err
		}
		if first == '{' || first == '[' {
			return eachObject(file, "Users", func(u cognitoUser) error { return emit(u.person()) })
		}
		return eachLine(file, []string{"cognito:username", "email"}, func(l line) error {
			return emit(cognitoPerson(l["cognito:username"], l))
		})
	})
}

// cognitoUser is a UserType of Cognito's API.
type cognitoUser struct {
	Username   string
	Attributes []struct{ Name, Value string }
	Created    anyTime `json:"UserCreateDate"`
	Modified   anyTime `json:"UserLastModifiedDate"`
	Enabled    *bool
}

func (u cognitoUser) person() person {
	attributes := line{}
	for _, a := range u.Attributes {
		attributes[a.Name] = a.Value
	}
	p := cognitoPerson(u.Username, attributes)
	p.created, p.updated, p.inactive = u.Created.at, u.Modified.at, u.Enabled != nil && !*u.Enabled
	return p
}

// cognitoPerson reads the standard attributes. The subject is a UUID, and often the
// username as well; then it is nobody's name.
func cognitoPerson(username string, attributes line) person {
	p := person{
		id: username, username: username, others: []string{attributes["preferred_username"], attributes["nickname"]},
		first: attributes["given_name"], last: attributes["family_name"], full: attributes["name"], email: attributes["email"],
	}
	subject := attributes["sub"]
	if subject == "" {
		subject = username
	}
	if lower := strings.ToLower(subject); request.IsUUID(lower) {
		p.uuid = lower
	}
	if request.IsUUID(strings.ToLower(username)) {
		p.username = ""
	}
	return p
}
