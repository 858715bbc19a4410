import { inboxText } from "../../i18n/inbox"
import { Dialog } from "../../ui/dialog"
import { type Command, keysText } from "./pickers"

/** The keys of the inbox, and the switch that turns them off (WCAG 2.1.4). */
export function Help({ commands, enabled, onEnabled, onClose }: { commands: readonly Command[]; enabled: boolean; onEnabled: (on: boolean) => void; onClose: () => void }) {
  return (
    <Dialog title={inboxText().keysTitle} onClose={onClose}>
      <label class="check">
        <input type="checkbox" checked={enabled} onChange={(event) => onEnabled(event.currentTarget.checked)} />
        {inboxText().keysOn}
      </label>
      <table class="keys-table">
        <tbody>
          {commands.map(({ keys, label }) => (
            <tr key={keys}>
              <th scope="row">{label}</th>
              <td><kbd class="ltr">{keysText(keys)}</kbd></td>
            </tr>
          ))}
        </tbody>
      </table>
    </Dialog>
  )
}
