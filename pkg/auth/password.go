package auth

import (
	_ "embed" // the list of common passwords
	"strings"
	"unicode/utf8"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/phone"
)

// Limits of a password. The upper one keeps the work of hashing bounded.
const (
	minPasswordRunes = 8
	maxPasswordBytes = 256
)

// commonPasswords is a list of passwords, one a line in lower case, that attackers try
// first: the head of the public breach lists as far as it is 8 characters or
// longer, and what is common in Iran.
//
//go:embed common.txt
var commonPasswords string

// sequences are the orders in which people run their fingers over a keyboard or
// an alphabet.
var sequences = []string{
	"01234567890123456789",
	"abcdefghijklmnopqrstuvwxyz",
	"qwertyuiopasdfghjklzxcvbnm",
	"qwertzuiopasdfghjklyxcvbnm",
	"azertyuiopqsdfghjklmwxcvbn",
	"ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی",
	"ضصثقفغعهخحجچشسیبلاتنمکگظطزرذدپو",
}

// CheckPassword says whether a password may be used for the account of a
// number (E.164; "" when there is none). The error is weak_password with the
// reason at /password.
func CheckPassword(password, number string) error {
	normalized := phone.ASCIIDigits(strings.ToLower(password))
	switch {
	case utf8.RuneCountInString(password) < minPasswordRunes:
		return errWeakPassword("too_short", "must be at least 8 characters long")
	case len(password) > maxPasswordBytes:
		return errWeakPassword("too_long", "must be at most 256 bytes long")
	case isPhoneNumber(normalized, number):
		return errWeakPassword("is_phone", "must not be the phone number")
	case strings.Contains("\n"+commonPasswords, "\n"+normalized+"\n"):
		return errWeakPassword("too_common", "is one of the passwords that are tried first")
	case isRepetition([]rune(normalized)):
		return errWeakPassword("repeated", "must not repeat one thing over and over")
	case isSequence(normalized):
		return errWeakPassword("sequence", "must not be a row of the keyboard or the alphabet")
	}
	return nil
}

func errWeakPassword(code, message string) error {
	return apperr.New(apperr.WeakPassword, "").WithFields(apperr.Field{Pointer: "/password", Code: code, Message: message})
}

// isPhoneNumber finds the number in any of its forms: 0912..., 912..., +98912...,
// 0098912..., with or without separators. Without its leading zeros each is
// the tail of the E.164 form.
func isPhoneNumber(password, number string) bool {
	var digits strings.Builder
	for _, r := range password {
		switch {
		case r >= '0' && r <= '9':
			digits.WriteRune(r)
		case !strings.ContainsRune("+-. ()", r):
			return false // more than a number
		}
	}
	significant := strings.TrimLeft(digits.String(), "0")
	return len(significant) >= 8 && strings.HasSuffix(number, significant)
}

// isRepetition: fewer than three different characters, or one block again and
// again, the last time perhaps cut short ("abcabcab").
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

// isSequence: the whole password is a stretch of one track, up or down.
func isSequence(password string) bool {
	reversed := reverse(password)
	for _, sequence := range sequences {
		if strings.Contains(sequence, password) || strings.Contains(sequence, reversed) {
			return true
		}
	}
	return false
}

func reverse(text string) string {
	runes := []rune(text)
	for i, j := 0, len(runes)-1; i < j; i, j = i+1, j-1 {
		runes[i], runes[j] = runes[j], runes[i]
	}
	return string(runes)
}
