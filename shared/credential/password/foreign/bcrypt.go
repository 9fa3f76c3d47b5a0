package foreign

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

const bcryptAlphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// parseBcrypt reads what follows the version: 12$ and 53 characters. All versions
// that are accepted compute the same.
//
// bcrypt uses the first 72 bytes of a password. As the system that made the hash
// did, Matches ignores the others, because the owner of a longer password could not
// log in otherwise. The login then stores a hash of all bytes.
func parseBcrypt(_ digest, rest string) (check, error) {
	return bcryptOf(rest, func(password string) []byte { return []byte(password) })
}

// Django makes a password short by SHA-256 in hexadecimal digits.
func parseDjangoBcryptSHA256(_ digest, rest string) (check, error) {
	return bcryptOf(rest, func(password string) []byte {
		sum := sha256.Sum256([]byte(password))
		return []byte(hex.EncodeToString(sum[:]))
	})
}

// passlib makes a password short by HMAC-SHA-256 under the salt, in base64.
// It writes v=2,t=2b,r=12$salt$tag.
func parsePasslibBcryptSHA256(_ digest, rest string) (check, error) {
	parts, err := fields(rest, 3)
	if err != nil {
		return nil, err
	}
	cost, ok := strings.CutPrefix(parts[0], "v=2,t=2b,r=")
	salt := parts[1]
	if !ok || len(salt) != 22 {
		return nil, Refused("is another version of passlib's bcrypt_sha256 than 2" + otherReason)
	}
	if len(cost) == 1 {
		cost = "0" + cost
	}
	return bcryptOf(cost+"$"+salt+parts[2], func(password string) []byte {
		return []byte(base64.StdEncoding.EncodeToString(sha256Digest.hmac([]byte(salt), []byte(password))))
	})
}

func bcryptOf(rest string, shorten func(password string) []byte) (check, error) {
	cost, text, ok := strings.Cut(rest, "$")
	if !ok || len(cost) != 2 || len(text) != 53 || strings.Trim(text, bcryptAlphabet) != "" {
		return nil, errForm
	}
	n, err := strconv.ParseUint(cost, 10, 8)
	if err != nil || n < uint64(bcrypt.MinCost) {
		return nil, errForm
	}
	if n > maxBcryptCost {
		return nil, errBounds
	}
	stored := []byte("$2b$" + rest)
	return func(password string) bool {
		return bcrypt.CompareHashAndPassword(stored, shorten(password)) == nil
	}, nil
}
