package foreign

import (
	"crypto/aes"
	"crypto/cipher"
	"strings"
)

// parseFirebase reads v=1,n=14,r=8,p=1,ss=Bw==,sk=<signer key>$salt$tag. Firebase
// keeps the parameters for the whole project, and Supabase's server writes them
// into each hash in this way: n is the memory cost, r the rounds, ss the salt
// separator and sk the signer key, which like salt and tag are in base64.
//
// scrypt makes a key of the password, and the tag is the signer key encrypted with it.
func parseFirebase(_ digest, rest string) (check, error) {
	parts, err := fields(rest, 3)
	if err != nil {
		return nil, err
	}
	head, signerText, ok1 := strings.Cut(parts[0], ",sk=")
	head, separatorText, _ := strings.Cut(head, ",ss=")
	head, ok2 := strings.CutPrefix(head, "v=1,")
	if !ok1 || !ok2 {
		return nil, errForm
	}
	cost, err := named(head, "n", "r", "p")
	if err != nil {
		return nil, err
	}
	n, err := exponent(cost[0])
	if err != nil {
		return nil, err
	}
	c := scryptCost{n, cost[1], cost[2]}
	separator, err1 := padded(separatorText, 0, maxSalt)
	signerKey, err2 := padded(signerText, 32, 64)
	salt, err3 := padded(parts[1], 1, maxSalt)
	tag, err4 := padded(parts[2], len(signerKey), len(signerKey))
	if err1 != nil || err2 != nil || err3 != nil || err4 != nil {
		return nil, errForm
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	salt = append(salt, separator...)
	return func(password string) bool {
		return equal(encrypt(c.key(password, salt, 32), signerKey), tag)
	}, nil
}

// encrypt encrypts by AES-256 in counter mode. The counter begins at 0, which is
// safe because no key is used twice.
func encrypt(key, plaintext []byte) []byte {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil
	}
	out := make([]byte, len(plaintext))
	cipher.NewCTR(block, make([]byte, aes.BlockSize)).XORKeyStream(out, plaintext) // #nosec G407 -- the format begins at 0, see above
	return out
}
