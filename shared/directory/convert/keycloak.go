package convert

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"roster/shared/request"
)

// keycloak reads a realm that Keycloak has exported with its users, in one file or
// in several: kc.sh export --realm … --users realm_file. Everybody is a USER: the
// roles of a realm mean what its applications say. Attributes become app metadata,
// because in many realms only an administrator may write them.
//
// https://www.keycloak.org/server/importExport, and for the members UserRepresentation
// and CredentialRepresentation of https://www.keycloak.org/docs-api/latest/rest-api/
func keycloak(in Input) people {
	return reading(in.Open, func(file *bufio.Reader, emit func(person) error) error {
		return eachObject(file, "users", func(u keycloakUser) error { return emit(u.person()) })
	})
}

type keycloakUser struct {
	ID              string               `json:"id"`
	Username        string               `json:"username"`
	FirstName       string               `json:"firstName"`
	LastName        string               `json:"lastName"`
	Email           string               `json:"email"`
	Enabled         *bool                `json:"enabled"`
	Created         int64                `json:"createdTimestamp"`
	Credentials     []keycloakCredential `json:"credentials"`
	Attributes      json.RawMessage      `json:"attributes"`
	ServiceClientID string               `json:"serviceAccountClientId"`
}

// keycloakCredential holds texts that are JSON themselves. Before Keycloak 8 the
// members stood beside each other.
type keycloakCredential struct {
	Type           string `json:"type"`
	Created        int64  `json:"createdDate"`
	SecretData     string `json:"secretData"`
	CredentialData string `json:"credentialData"`

	OldHash       string `json:"hashedSaltedValue"`
	OldSalt       string `json:"salt"`
	OldIterations int    `json:"hashIterations"`
	OldAlgorithm  string `json:"algorithm"`
}

func (u keycloakUser) person() person {
	p := person{
		id: u.ID, username: u.Username, first: u.FirstName, last: u.LastName, email: u.Email,
		inactive: u.Enabled != nil && !*u.Enabled, created: fromMilliseconds(u.Created),
	}
	if lower := strings.ToLower(u.ID); request.IsUUID(lower) {
		p.uuid = lower
	}
	if objectOf(string(u.Attributes)) != nil && string(u.Attributes) != "{}" {
		p.appMetadata = json.RawMessage(`{"attributes":` + string(u.Attributes) + `}`)
	}
	if p.id == "" { // a realm written by hand
		p.id = u.Username
	}
	if u.ServiceClientID != "" {
		p.problem = "is the service account of the client " + u.ServiceClientID
	}
	for _, c := range u.Credentials {
		if c.Type != "password" {
			continue
		}
		hash, err := c.hash()
		if err != nil {
			p.problem = "has a password that cannot be moved: " + err.Error()
		}
		p.hash, p.passwordChanged = hash, fromMilliseconds(c.Created)
	}
	return p
}

// keycloakParameters are lists of texts of which the first counts.
type keycloakParameters map[string][]string

func (p keycloakParameters) first(name string) string {
	if len(p[name]) == 0 {
		return ""
	}
	return p[name][0]
}

// hash returns the hash as a PHC string.
// https://www.keycloak.org/docs/latest/server_admin/#hashalgorithm
func (c keycloakCredential) hash() (string, error) {
	secret := struct{ Value, Salt string }{c.OldHash, c.OldSalt}
	data := struct {
		HashIterations       int
		Algorithm            string
		AdditionalParameters keycloakParameters
	}{c.OldIterations, c.OldAlgorithm, nil}
	if c.SecretData != "" {
		if err := json.Unmarshal([]byte(c.SecretData), &secret); err != nil {
			return "", fmt.Errorf("secretData: %w", err)
		}
		if err := json.Unmarshal([]byte(c.CredentialData), &data); err != nil {
			return "", fmt.Errorf("credentialData: %w", err)
		}
	}
	salt, err1 := base64.StdEncoding.DecodeString(secret.Salt)
	value, err2 := base64.StdEncoding.DecodeString(secret.Value)
	if err1 != nil || err2 != nil || len(value) == 0 {
		return "", fmt.Errorf("its value or its salt is not base64")
	}
	encode := base64.RawStdEncoding.EncodeToString
	switch a := data.AdditionalParameters; data.Algorithm {
	case "pbkdf2", "pbkdf2-sha256", "pbkdf2-sha512":
		return fmt.Sprintf("$%s$i=%d,l=%d$%s$%s", data.Algorithm, data.HashIterations, len(value), encode(salt), encode(value)), nil
	case "argon2":
		if a.first("version") != "1.3" {
			return "", fmt.Errorf("it is argon2 of the version %q", a.first("version"))
		}
		return fmt.Sprintf("$argon2%s$v=19$m=%s,t=%d,p=%s$%s$%s",
			a.first("type"), a.first("memory"), data.HashIterations, a.first("parallelism"), encode(salt), encode(value)), nil
	}
	return "", fmt.Errorf("its algorithm is %q", data.Algorithm)
}
