package auth

import (
	_ "embed" // the list of common passwords
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/secure/precis"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/phone"
)

// The limits of a password. The maximum bounds the cost of hashing.
const (
	minPasswordRunes = 8
	maxPasswordBytes = 256
)

// commonPasswords lists passwords that attackers try first, one per line in lower case:
// the most frequent ones of public breach lists with 8 or more characters, and ones
// that are common in Iran.
//
//go:embed common.txt
var commonPasswords string

// sequences are alphabets and keyboard rows.
var sequences = []string{
	"01234567890123456789",
	"abcdefghijklmnopqrstuvwxyz",
	"qwertyuiopasdfghjklzxcvbnm",
	"qwertzuiopasdfghjklyxcvbnm",
	"azertyuiopqsdfghjklmwxcvbn",
	"ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی",
	"ضصثقفغعهخحجچشسیبلاتنمکگظطزرذدپو",
}

// CheckPassword fails with weak_password, and the reason at /password, if a password is
// not acceptable for an account. number is the account's phone number (E.164), or "".
func CheckPassword(password, number string) error {
	password, err := preparePassword(password)
	if err != nil {
		return errWeakPassword("character", "Contains a character that a password must not have.")
	}
	normalized := phone.ASCIIDigits(strings.ToLower(password))
	switch {
	case utf8.RuneCountInString(password) < minPasswordRunes:
		return errWeakPassword("too_short", "Must be at least 8 characters.")
	case len(password) > maxPasswordBytes:
		return errWeakPassword("too_long", "At most 256 bytes.")
	case isPhoneNumber(normalized, number):
		return errWeakPassword("is_phone", "Must not be the phone number.")
	case strings.Contains("\n"+commonPasswords, "\n"+normalized+"\n"):
		return errWeakPassword("too_common", "Must not be a common password.")
	case isRepetition([]rune(normalized)):
		return errWeakPassword("repeated", "Must not be a repeated pattern.")
	case isSequence(normalized):
		return errWeakPassword("sequence", "Must not be a sequence of the keyboard or the alphabet.")
	}
	return nil
}

// preparePassword returns the form in which passwords are hashed: the OpaqueString profile
// of RFC 8265. The composed and the decomposed form of a text are equal in it. It fails if
// the profile does not permit a character, such as a control character.
func preparePassword(password string) (string, error) {
	if password == "" {
		return "", nil
	}
	return precis.OpaqueString.String(password)
}

// CheckCharacters fails with invalid_body at /password if no password can have a character.
func CheckCharacters(password string) error {
	if _, err := preparePassword(password); err != nil {
		return apperr.Validation(apperr.Field{Pointer: "/password", Code: "character", Message: "Contains a character that a password must not have."})
	}
	return nil
}

func errWeakPassword(code, message string) error {
	return apperr.New(apperr.WeakPassword, "").WithFields(apperr.Field{Pointer: "/password", Code: code, Message: message})
}

// isPhoneNumber reports whether the password is a form of the phone number: 0912...,
// 912..., +98912... or 0098912..., with or without separators. Each form without its
// leading zeros is a suffix of the E.164 form.
func isPhoneNumber(password, number string) bool {
	var digits strings.Builder
	for _, r := range password {
		switch {
		case r >= '0' && r <= '9':
			digits.WriteRune(r)
		case !strings.ContainsRune("+-. ()", r):
			return false
		}
	}
	significant := strings.TrimLeft(digits.String(), "0")
	return len(significant) >= 8 && strings.HasSuffix(number, significant)
}

// isRepetition reports whether the password has fewer than three different characters,
// or repeats one block. The last block may be incomplete ("abcabcab").
func isRepetition(password []rune) bool {
	different := map[rune]bool{}
	for _, r := range password {
		different[r] = true
	}
	if len(different) < 3 {
		return true
	}
	for block := 1; block <= len(password)/2; block++ {
		if string(password[block:]) == string(password[:len(password)-block]) {
			return true
		}
	}
	return false
}

// isSequence reports whether the password is a part of one of the sequences, in either
// direction.
func isSequence(password string) bool {
	runes := []rune(password)
	slices.Reverse(runes)
	reversed := string(runes)
	for _, sequence := range sequences {
		if strings.Contains(sequence, password) || strings.Contains(sequence, reversed) {
			return true
		}
	}
	return false
}
