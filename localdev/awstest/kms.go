package awstest

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"strings"
)

// AddKey creates a symmetric KMS key with this ARN.
func (s *Server) AddKey(arn string) {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // only the key's length can be wrong
	}
	sealer, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[arn] = sealer
}

// maxPlaintext is the most that KMS encrypts in one call, in bytes.
const maxPlaintext = 4096

type kmsInput struct {
	KeyId             string
	Plaintext         []byte
	CiphertextBlob    []byte
	EncryptionContext map[string]string
}

// additionalData returns the encryption context as additional authenticated data
// (RFC 5116), in a fixed order.
func (in kmsInput) additionalData() []byte {
	b, err := json.Marshal(in.EncryptionContext)
	if err != nil {
		panic(err)
	}
	return b
}

func (s *Server) encrypt(w http.ResponseWriter, body []byte) {
	var in kmsInput
	if json.Unmarshal(body, &in) != nil || len(in.Plaintext) == 0 || len(in.Plaintext) > maxPlaintext {
		writeError(w, http.StatusBadRequest, "ValidationException", "Plaintext has 1 to 4096 bytes")
		return
	}
	s.mu.Lock()
	key := s.keys[in.KeyId]
	s.mu.Unlock()
	if key == nil {
		writeError(w, http.StatusBadRequest, "NotFoundException", "Key is not found")
		return
	}
	// As in KMS, the ciphertext contains the key's id.
	blob := append([]byte(in.KeyId+"\x00"), key.Seal(nil, nil, in.Plaintext, in.additionalData())...)
	writeJSON(w, http.StatusOK, map[string]any{"KeyId": in.KeyId, "CiphertextBlob": blob, "EncryptionAlgorithm": "SYMMETRIC_DEFAULT"})
}

func (s *Server) decrypt(w http.ResponseWriter, body []byte) {
	var in kmsInput
	if json.Unmarshal(body, &in) != nil {
		writeError(w, http.StatusBadRequest, "ValidationException", "the body is not JSON")
		return
	}
	id, sealed, _ := strings.Cut(string(in.CiphertextBlob), "\x00")
	s.mu.Lock()
	key := s.keys[id]
	s.mu.Unlock()
	if key == nil {
		writeError(w, http.StatusBadRequest, "InvalidCiphertextException", "")
		return
	}
	if in.KeyId != "" && in.KeyId != id {
		writeError(w, http.StatusBadRequest, "IncorrectKeyException", "The key ID in the request does not identify a CMK that can perform this operation.")
		return
	}
	plain, err := key.Open(nil, nil, []byte(sealed), in.additionalData())
	if err != nil {
		writeError(w, http.StatusBadRequest, "InvalidCiphertextException", "")
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"KeyId": id, "Plaintext": plain, "EncryptionAlgorithm": "SYMMETRIC_DEFAULT"})
}
