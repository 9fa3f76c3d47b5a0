package user

import (
	"crypto/rand"
	"encoding/hex"
)

// newUUID returns a random UUID, version 4 (RFC 9562 §5.4). Version 7 would
// reveal when the account was created.
func newUUID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
