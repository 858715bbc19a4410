package account

import (
	"context"

	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/locale"
	"ticketsystem/pkg/user"
)

// SignUp makes an account for a number that has proved itself with a code, and
// opens a session. A refusal for the password leaves the code as it is; of
// many sign-ups of one number exactly one succeeds.
//
// Errors: invalid_body, weak_password, code_wrong, code_locked, phone_taken.
func (a *Auth) SignUp(ctx context.Context, rawPhone, password, digits, name string, caller Caller) (Tokens, error) {
	number, err := a.parsePhone(rawPhone)
	if err != nil {
		return Tokens{}, err
	}
	if err := auth.CheckPassword(password, number); err != nil {
		return Tokens{}, err
	}
	code, err := a.verifyPhoneCode(ctx, number, PurposeSignUp, digits)
	if err != nil {
		return Tokens{}, err
	}
	hash, err := auth.Hash(password, a.Random)
	if err != nil {
		return Tokens{}, err
	}
	login := Login{Phone: number, Hash: hash, User: a.newUser(number, name, user.RoleUser, caller.Locale)}
	session, refresh, err := a.newSession(login.User, caller)
	if err != nil {
		return Tokens{}, err
	}
	if err := a.Store.CreateAccount(ctx, login, session, code); err != nil {
		return Tokens{}, err
	}
	return a.issueTokens(ctx, session, refresh)
}

func (a *Auth) newUser(number, name string, role user.Role, language string) user.User {
	if language == "" {
		language = locale.English
	}
	return user.User{
		ID: a.NewID(), Phone: number, Role: role, Name: name, Locale: language,
		Notifications: user.NotificationPreferences{Email: true, SMS: true}, CreatedAt: a.Now(),
	}
}
