package token

import (
	"regexp"

	"github.com/golang-jwt/jwt/v5"

	"roster/shared/credential/keyring"
)

// ToLowS returns a signature in the form that Verify accepts.
func ToLowS(alg keyring.Algorithm, signature []byte) []byte {
	return toLowS(jwt.GetSigningMethod(string(alg)), signature)
}

// Remembered returns how many tokens the service remembers.
func (s *Service) Remembered() (n int) {
	for i := range s.remembered {
		for j := range s.remembered[i] {
			if s.remembered[i][j].Load() != nil {
				n++
			}
		}
	}
	return n
}

// MaxRemembered is how many tokens a service remembers at most.
const MaxRemembered = tokenSets * tokensInSet

// Form is a check, as a loop and as the regular expression that says the same.
type Form struct {
	Loop    func(string) bool
	Pattern *regexp.Regexp
}

// Forms returns the checks of forms.go.
func Forms() map[string]Form {
	return map[string]Form{
		"compact": {isCompact, regexp.MustCompile(`^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$`)},
		"UUID":    {isUUID, regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)},
		"role":    {isRole, regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,31}$`)},
	}
}

// Forget forgets the tokens that the service has accepted.
func (s *Service) Forget() {
	for i := range s.remembered {
		for j := range s.remembered[i] {
			s.remembered[i][j].Store(nil)
		}
	}
}
