package foreign

import (
	"math/bits"
	"strings"

	"golang.org/x/crypto/scrypt"
)

// scryptCost are the parameters of scrypt (RFC 7914).
type scryptCost struct{ n, r, p int }

func (c scryptCost) check() error {
	if c.n < 2 || bits.OnesCount(uint(c.n)) != 1 || c.r < 1 || c.p < 1 { // #nosec G115 -- n is positive
		return errForm
	}
	if c.r > maxScryptR || c.p > maxScryptP || c.n > maxScryptBytes/128/c.r || c.n*c.r > maxScryptWork/c.p {
		return errBounds
	}
	return nil
}

// key returns nil for parameters that check refuses.
func (c scryptCost) key(password string, salt []byte, length int) []byte {
	key, err := scrypt.Key([]byte(password), salt, c.n, c.r, c.p, length)
	if err != nil {
		return nil
	}
	return key
}

// of returns what verifies a tag. An empty tag has been refused.
func (c scryptCost) of(salt, tag []byte) (check, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	return func(password string) bool { return equal(c.key(password, salt, len(tag)), tag) }, nil
}

// exponent returns 2 to the power of e.
func exponent(e int) (int, error) {
	if e > 30 {
		return 0, errBounds
	}
	return 1 << e, nil
}

// parseScrypt reads ln=16,r=8,p=1$salt$tag, as passlib and others write it.
func parseScrypt(_ digest, rest string) (check, error) {
	parts, err := fields(rest, 3)
	if err != nil {
		return nil, err
	}
	cost, err := named(parts[0], "ln", "r", "p")
	if err != nil {
		return nil, err
	}
	n, err := exponent(cost[0])
	if err != nil {
		return nil, err
	}
	salt, err1 := unpadded(parts[1], 1, maxSalt)
	tag, err2 := unpadded(parts[2], 16, 64)
	if err1 != nil || err2 != nil {
		return nil, errForm
	}
	return scryptCost{n, cost[1], cost[2]}.of(salt, tag)
}

// parseDjangoScrypt reads 16384$salt$8$5$tag. Werkzeug's salt$tag has the same
// beginning where no parameters were named.
func parseDjangoScrypt(_ digest, rest string) (check, error) {
	if strings.Count(rest, "$") == 1 {
		return parseWerkzeugScryptOf(scryptCost{32768, 8, 1}, rest)
	}
	parts, err := fields(rest, 5)
	if err != nil {
		return nil, err
	}
	cost, err := numbers(parts[0], parts[2], parts[3])
	if err != nil {
		return nil, err
	}
	salt, err := textSalt(parts[1])
	if err != nil {
		return nil, err
	}
	tag, err := padded(parts[4], 64, 64)
	if err != nil {
		return nil, err
	}
	return cost.of(salt, tag)
}

// parseWerkzeugScrypt reads 32768:8:1$salt$tag.
func parseWerkzeugScrypt(_ digest, rest string) (check, error) {
	method, rest, _ := strings.Cut(rest, "$")
	parts := strings.Split(method, ":")
	if len(parts) != 3 {
		return nil, errForm
	}
	cost, err := numbers(parts[0], parts[1], parts[2])
	if err != nil {
		return nil, err
	}
	return parseWerkzeugScryptOf(cost, rest)
}

func parseWerkzeugScryptOf(cost scryptCost, rest string) (check, error) {
	salt, tag, err := saltAndHex(rest, 64)
	if err != nil {
		return nil, err
	}
	return cost.of(salt, tag)
}

func numbers(n, r, p string) (c scryptCost, err error) {
	for _, x := range []struct {
		text string
		into *int
	}{{n, &c.n}, {r, &c.r}, {p, &c.p}} {
		if *x.into, err = number(x.text, 1<<31-1); err != nil {
			return c, err
		}
	}
	return c, nil
}
