package apperr

import "ticketsystem/pkg/locale"

// In returns f with its message in the language of a BCP 47 tag. Persian messages
// depend on the code alone; an English message may be more specific.
func (f Field) In(tag string) Field {
	if text, ok := messagesFa[f.Code]; ok && locale.IsPersian(tag) {
		f.Message = text
	}
	return f
}

// messagesFa holds the Persian messages by field code. A test compares its keys with
// the codes in use.
var messagesFa = map[string]string{ //nolint:gosec // texts about passwords
	"character":      "نویسه‌ای غیرمجاز در آن هست.",
	"duplicate":      "این مورد دو بار آمده است.",
	"has_control":    "نویسهٔ کنترلی در آن مجاز نیست.",
	"has_path":       "باید فقط نام باشد، نه مسیر.",
	"invalid":        "مقدار آن معتبر نیست.",
	"is_phone":       "گذرواژه نباید همان شمارهٔ تلفن باشد.",
	"malformed":      "شکل آن درست نیست.",
	"not_allowed":    "این مقدار مجاز نیست.",
	"not_closed":     "این تیکت بسته نیست.",
	"not_a_number":   "باید یک عدد صحیح باشد.",
	"not_together":   "این دو را نمی‌توان با هم فرستاد.",
	"not_visible":    "باید دست‌کم یک حرف، رقم یا نماد دیدنی داشته باشد.",
	"out_of_range":   "مقدار آن بیرون از بازهٔ مجاز است.",
	"password_wrong": "گذرواژه نادرست است.",
	"repeated":       "گذرواژه نباید تکرار یک چیز باشد.",
	"reserved":       "این نام ویژهٔ کارکنان است.",
	"required":       "این مورد لازم است.",
	"sequence":       "گذرواژه نباید ردیفی از صفحه‌کلید یا الفبا باشد.",
	"taken":          "این نام از آنِ دستهٔ دیگری است.",
	"too_common":     "این گذرواژه از رایج‌ترین گذرواژه‌هاست.",
	"too_large":      "بیش از حد بزرگ است.",
	"too_long":       "بیش از حد طولانی است.",
	"too_many":       "تعداد آن بیش از حد است.",
	"too_short":      "بیش از حد کوتاه است.",
	"too_small":      "بیش از حد کوچک است.",
	"type":           "نوع این مقدار درست نیست.",
	"unknown":        "چنین موردی شناخته نیست.",
	"wrong":          "این کد نادرست، منقضی یا استفاده‌شده است.",
	"wrong_ending":   "پسوند نام با نوع فایل جور نیست.",
}
