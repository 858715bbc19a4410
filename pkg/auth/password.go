package auth

import (
	_ "embed" // the list of common passwords
	"strings"
	"unicode/utf8"

	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/phone"
)

// Limits of a password. The upper one keeps the work of hashing bounded.
const (
	minPasswordRunes = 8
	maxPasswordBytes = 256
)

// common is a list of passwords, one a line in lower case, that attackers try
// first: the head of the public breach lists as far as it is 8 characters or
// longer, and what is common in Iran.
//
//go:embed common.txt
var common string

// tracks are the orders in which people run their fingers over a keyboard or
// an alphabet.
var tracks = []string{
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
	folded := phone.ASCIIDigits(strings.ToLower(password))
	switch {
	case utf8.RuneCountInString(password) < minPasswordRunes:
		return weak("too_short", "must be at least 8 characters long")
	case len(password) > maxPasswordBytes:
		return weak("too_long", "must be at most 256 bytes long")
	case isNumber(folded, number):
		return weak("is_phone", "must not be the phone number")
	case strings.Contains("\n"+common, "\n"+folded+"\n"):
		return weak("too_common", "is one of the passwords that are tried first")
	case isRepetition([]rune(folded)):
		return weak("repeated", "must not repeat one thing over and over")
	case isRun(folded):
		return weak("sequence", "must not be a row of the keyboard or the alphabet")
	}
	return nil
}

func weak(code, message string) error {
	return fault.New(fault.WeakPassword, "").WithFields(fault.Field{Pointer: "/password", Code: code, Message: message})
}

// isNumber finds the number in any of its forms: 0912..., 912..., +98912...,
// 0098912..., with or without separators. Without its leading zeros each is
// the tail of the E.164 form.
func isNumber(password, number string) bool {
	var digits strings.Builder
	for _, r := range password {
		switch {
		case r >= '0' && r <= '9':
			digits.WriteRune(r)
		case !strings.ContainsRune("+-. ()", r):
			return false // more than a number
		}
	}
	form := strings.TrimLeft(digits.String(), "0")
	return len(form) >= 8 && strings.HasSuffix(number, form)
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

// isRun: the whole password is a stretch of one track, up or down.
func isRun(password string) bool {
	backwards := reverse(password)
	for _, track := range tracks {
		if strings.Contains(track, password) || strings.Contains(track, backwards) {
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
