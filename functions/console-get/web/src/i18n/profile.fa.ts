import { isolate } from "./format"
import type { profile as english } from "./profile.en"

export const profile: typeof english = {
  title: "نمایه", personal: "دربارهٔ شما", name: "نام", picture: "تصویر", changePicture: "تغییر تصویر", removePicture: "حذف تصویر", zoom: "بزرگ‌نمایی", cropTitle: "بخشی را که نمایش داده شود برگزینید", email: "ایمیل", emailConfirmed: "تأیید شده", emailUnconfirmed: "هنوز تأیید نشده", confirmEmail: "تأیید", emailSent: (email) => `کدی به ${isolate(email)} فرستادیم.`,
  phone: "شمارهٔ همراه", changePhone: "تغییر", newPhone: "شمارهٔ تازه", phoneTitle: "تغییر شمارهٔ همراه", phoneNote: "کدی به شمارهٔ تازه می‌فرستیم. دستگاه‌های دیگر خارج می‌شوند.", currentPassword: "گذرواژهٔ شما", noPassword: "گذرواژه ندارم", oldCode: "کد فرستاده‌شده به شمارهٔ کنونی", province: "استان", city: "شهر", none: "تعیین نشده",
  app: "این کنسول", tell: "راه‌های خبررسانی", byEmail: "با ایمیل", bySms: "با پیامک", tellNote: "تنها برای آنچه این‌جا نخوانده‌اید.",
  device: "روی این دستگاه", sound: "صدا", sounds: { off: "خاموش", mine: "برای آنچه به من مربوط است", all: "برای تیکت‌های تازه هم" },
  system: "اعلان‌ها، وقتی کنسول روی صفحه نیست", systemOn: "روشن کردن", systemOff: "خاموش کردن", systemDenied: "مرورگر آن‌ها را رد می‌کند. در تنظیمات مرورگر برای این سایت اجازه دهید.", systemMissing: "این مرورگر اعلان ندارد.", systemLocal: "مرورگر اکنون سرویس اعلان ندارد؛ پس اعلان‌ها تنها تا وقتی کنسول در زبانه‌ای باز است نشان داده می‌شوند.",
  pushText: "متن پیام‌ها در آن‌ها نشان داده شود", pushTextNote: "شاید دیگران آن را روی صفحهٔ قفل بخوانند.",
  changePassword: "تغییر گذرواژه", passwordNote: "پس از تغییر از همه‌جا خارج می‌شوید و با گذرواژهٔ تازه وارد می‌شوید.",
  sessions: "جاهایی که وارد شده‌اید", thisDevice: "همین دستگاه", lastUsed: (time) => `آخرین استفاده ${time}`, end: "خروج از آن‌جا", endTitle: "از آن دستگاه خارج شود؟",
  data: "داده‌های شما", exportTitle: "دریافت", exportText: "نمایه، تیکت‌ها، پیام‌ها و اعلان‌های شما در یک فایل (JSON).", export: "دریافت داده‌های من", exporting: "فایل آماده می‌شود. یکی دو دقیقه طول می‌کشد؛ می‌توانید از این صفحه بروید و دوباره بخواهید.",
  deleteTitle: "حذف حساب", deleteText: "نام، شماره، تصویر و فایل‌های شما برای همیشه حذف می‌شود و از همه‌جا خارج می‌شوید. تیکت‌هایتان بدون نام شما نزد پشتیبانی می‌ماند.", deleteAccount: "حذف حساب من", ownCode: "برای اطمینان از این‌که خودتان هستید کدی به شماره‌تان می‌فرستیم.",
}
