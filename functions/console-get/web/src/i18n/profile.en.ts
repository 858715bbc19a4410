import { isolate } from "./format"

export const profile = {
  title: "Profile", personal: "About you", name: "Name", picture: "Picture", changePicture: "Change the picture", removePicture: "Remove the picture", zoom: "Zoom", cropTitle: "Choose the part to show", email: "E-mail", emailConfirmed: "Confirmed", emailUnconfirmed: "Not confirmed yet", confirmEmail: "Confirm", emailSent: (email: string) => `We have sent a code to ${isolate(email)}.`,
  phone: "Mobile number", changePhone: "Change", newPhone: "New number", phoneTitle: "Change the mobile number", phoneNote: "We send a code to the new number. Other devices are signed out.", currentPassword: "Your password", noPassword: "I have no password", oldCode: "Code at the current number", province: "Province", city: "City", none: "Not set",
  app: "This console", tell: "How we reach you", byEmail: "By e-mail", bySms: "By SMS", tellNote: "Only for what you have not read here.",
  device: "On this device", sound: "Sound", sounds: { off: "Off", mine: "For what concerns me", all: "Also for new tickets" },
  system: "Notifications when the console is not on the screen", systemOn: "Switch on", systemOff: "Switch off", systemDenied: "The browser refuses them. Allow them in its settings for this site.", systemMissing: "This browser has none.", systemLocal: "The browser has no push service now, so they appear only while the console is open in a tab.",
  pushText: "Show the text of messages in them", pushTextNote: "Others may read it on a locked screen.",
  changePassword: "Change the password", passwordNote: "After a change you are signed out everywhere and sign in with the new password.",
  sessions: "Where you are signed in", thisDevice: "This device", lastUsed: (time: string) => `Last used ${time}`, end: "Sign out there", endTitle: "Sign out that device?",
  data: "Your data", exportTitle: "Download", exportText: "Your profile, tickets, messages and notifications as one file (JSON).", export: "Download my data", exporting: "The file is being prepared. It takes a minute or two; you can leave this page and ask again.",
  deleteTitle: "Delete the account", deleteText: "Your name, number, picture and files are removed for good, and you are signed out everywhere. Your tickets stay with support, without your name.", deleteAccount: "Delete my account", ownCode: "We send a code to your number to make sure that it is you.",
}
