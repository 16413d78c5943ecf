import { DropdownMenu } from 'radix-ui'

const { Root, Trigger, Portal, Content, Item, Label, Separator } = DropdownMenu
/** Everything a menu is made of, in a file of its own so that it is fetched when the first menu is wanted. */
export const menuParts = { Root, Trigger, Portal, Content, Item, Label, Separator }
