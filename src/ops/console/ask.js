import { byId } from './dom.js';

/**
 * Asks before something is done that cannot be taken back.
 * @param {string} question @param {string} action what the button says
 * @returns {Promise<boolean>}
 */
export function confirmed(question, action) {
  const dialog = byId('confirm');
  byId('confirm-question').textContent = question;
  byId('confirm-yes').textContent = action;
  return answerOf(dialog).then((answer) => answer === 'yes');
}

/**
 * Shows a dialog; Escape answers nothing.
 * @param {HTMLDialogElement} dialog
 * @returns {Promise<string>} value of the button
 */
export function answerOf(dialog) {
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener('close', () => resolve(dialog.returnValue), { once: true }));
}
