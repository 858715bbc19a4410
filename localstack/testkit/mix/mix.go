// Package mix has the texts of the standard mix, by which costs and hot keys are measured.
package mix

// The texts of a ticket, in Persian: its letters take two bytes each, so other languages
// cost no more.
const (
	Title       = "فاکتور ماه گذشته دو بار حساب شده است"
	Description = "سلام، مبلغ فاکتور ماه گذشته دو بار از حساب من برداشت شده است. لطفاً بررسی کنید و نتیجه را همین جا بنویسید."
)

// Dialog returns the six messages of a ticket; the first is an agent's, the next the customer's.
func Dialog() []string {
	return []string{
		"سلام، پرداخت شما را دیدیم. لطفاً شماره پیگیری هر دو پرداخت را بفرستید.",
		"شماره پیگیری پرداخت اول ۷۳۴۵۱۲ و پرداخت دوم ۷۳۴۵۱۹ است.",
		"متشکرم. پرداخت دوم اشتباه ثبت شده است و مبلغ آن تا دو روز کاری به حساب شما برمی‌گردد.",
		"خیلی ممنون. آیا فاکتور این ماه هم اصلاح می‌شود؟",
		"بله، فاکتور این ماه اصلاح شد و می‌توانید آن را در بخش فاکتورها ببینید.",
		"دیدم، درست است. ممنون از پاسخ سریع شما.",
	}
}
