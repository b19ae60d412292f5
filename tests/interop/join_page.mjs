// The browser's side of join_page.py: what a student does and sees on a phone. The tests are in
// join_page/; ONLY=REGEXP runs some of them.
import { play } from './page_driver.mjs';
import enter from './join_page/enter.mjs';
import lesson from './join_page/lesson.mjs';
import hostile from './join_page/hostile.mjs';
import trouble from './join_page/trouble.mjs';
import rooms from './join_page/rooms.mjs';
import reading from './join_page/reading.mjs';

await play({ ...enter, ...lesson, ...hostile, ...trouble, ...rooms, ...reading });
