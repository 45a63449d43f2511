// Package passkey makes passkeys and signs in with them: the two ceremonies of
// WebAuthn, as JSON for the script passkey.js. A ceremony is two posts. The first
// answers with options that hold a challenge, the second brings what the device
// made of them. What has to be known in between waits in the session, on our
// side, for a while and for one try.
//
// Every passkey verifies its user (a finger, a face, a PIN), so that it is a
// second factor, and both factors at once.
package passkey
