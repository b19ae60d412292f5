# Completion of muster(1) for bash, made by `muster completion bash`.

# Verbs, options and what their values are: $1 is the verb, $2 the option or position.
_muster_next()
{
	case $1 in
	'') echo 'login register logout whoami account device profile presence quiet notify send urgent read react edit delete receipts mark typing thread poll search file queue room space people report class call live meet roster roll attendance serve admin config audio doctor version completion schema help' ;;
	'account') echo 'list use remove password deactivate' ;;
	'device') echo 'list rename remove' ;;
	'profile') echo 'show set' ;;
	'presence') echo 'show set' ;;
	'quiet') echo 'show set on off' ;;
	'notify') echo 'test' ;;
	'thread') echo 'list' ;;
	'poll') echo 'create vote show close' ;;
	'file') echo 'get' ;;
	'queue') echo 'list run retry drop' ;;
	'room') echo 'list create join leave archive invite kick ban unban members role show set export directory knock knocks tag notify pin unpin pins upgrade' ;;
	'space') echo 'create list show add remove' ;;
	'people') echo 'search' ;;
	'class') echo 'create list show add slips close' ;;
	'call') echo 'join answer decline status people mute unmute hand leave remove lock unlock end token' ;;
	'live') echo 'start join floor end' ;;
	'meet') echo 'schedule list show change cancel start end agenda watch export import' ;;
	'roster') echo 'import export show match remove' ;;
	'roll') echo 'open answer status list close cancel remind mark' ;;
	'attendance') echo 'convert import show export mine term correct seal notify contest contests opt-out rules expire' ;;
	'admin') echo 'user invite reports status backup restore export check' ;;
	'admin user') echo 'add import list password lock unlock suspend resume role remove' ;;
	'config') echo 'list get set' ;;
	'audio') echo 'devices test echo' ;;
	esac
}

_muster_options()
{
	case $1 in
	'login') echo -n ' --user --email --password-stdin --token-file --link --link-stdin --device-name' ;;
	'register') echo -n ' --user --email --invite-file --password-stdin --device-name' ;;
	'logout') echo -n ' --everywhere' ;;
	'account password') echo -n ' --password-stdin --new-file --keep-devices' ;;
	'account deactivate') echo -n ' --erase --password-stdin' ;;
	'device remove') echo -n ' --password-stdin' ;;
	'presence set') echo -n ' --status' ;;
	'quiet set') echo -n ' --days --weekend --tz --for --all --work --private --public --no-urgent --urgent' ;;
	'quiet off') echo -n ' --for' ;;
	'notify test') echo -n ' --room --urgent' ;;
	'send') echo -n ' --file --text --markdown --reply --thread --mention --notice --emote --lines --txn-id --at --queue' ;;
	'urgent') echo -n ' --user --reason --wait --txn-id' ;;
	'read') echo -n ' --number --since --until --follow --type --all-types --thread --edits --ids --raw --offline --mark-read' ;;
	'react') echo -n ' --remove --txn-id' ;;
	'edit') echo -n ' --text --markdown --txn-id' ;;
	'delete') echo -n ' --reason --txn-id' ;;
	'mark') echo -n ' --thread --private --unread' ;;
	'typing') echo -n ' --for --stop' ;;
	'thread list') echo -n ' --mine --number --offline' ;;
	'poll create') echo -n ' --max --undisclosed --thread --txn-id' ;;
	'poll vote') echo -n ' --retract --txn-id' ;;
	'poll close') echo -n ' --txn-id' ;;
	'search') echo -n ' --room --number --ids' ;;
	'file get') echo -n ' --output --room --force' ;;
	'room list') echo -n ' --invited --left --offline' ;;
	'room create') echo -n ' --alias --topic --invite --public --space --as-space --direct' ;;
	'room join') echo -n ' --reason' ;;
	'room leave') echo -n ' --reason --forget' ;;
	'room archive') echo -n ' --undo' ;;
	'room invite') echo -n ' --reason' ;;
	'room kick') echo -n ' --reason' ;;
	'room ban') echo -n ' --reason' ;;
	'room unban') echo -n ' --reason' ;;
	'room role') echo -n ' --force' ;;
	'room show') echo -n ' --offline' ;;
	'room export') echo -n ' --output --force' ;;
	'room directory') echo -n ' --server --number' ;;
	'room knock') echo -n ' --reason' ;;
	'room tag') echo -n ' --order --remove' ;;
	'room pins') echo -n ' --ids' ;;
	'space create') echo -n ' --topic --alias --public --space' ;;
	'space show') echo -n ' --depth --offline' ;;
	'space add') echo -n ' --order --suggested' ;;
	'people search') echo -n ' --number' ;;
	'report') echo -n ' --user --reason' ;;
	'class create') echo -n ' --students --teacher --slips --language --valid --force --space' ;;
	'class add') echo -n ' --students --teacher --slips --language --valid --force' ;;
	'class slips') echo -n ' --user --slips --language --valid --force' ;;
	'class close') echo -n ' --undo' ;;
	'call join') echo -n ' --listen-only --muted --play --record --force --in --out --pcm --stay --events --for --leave-when-empty --low --input --output --driver --no-ring --via' ;;
	'call answer') echo -n ' --listen-only --muted --play --record --force --in --out --pcm --stay --events --for --leave-when-empty --low --input --output --driver' ;;
	'call mute') echo -n ' --user --all' ;;
	'call token') echo -n ' --listen --name --list --remove' ;;
	'live start') echo -n ' --listen-only --muted --play --record --force --in --out --pcm --stay --events --for --leave-when-empty --low --input --output --driver --publish-recording' ;;
	'live join') echo -n ' --listen-only --muted --play --record --force --in --out --pcm --stay --events --for --leave-when-empty --low --input --output --driver' ;;
	'live end') echo -n ' --keep-call' ;;
	'meet schedule') echo -n ' --room --start --duration --repeat --tz --uid --description --location --own-room --invite --no-message --no-file --no-pin --past' ;;
	'meet list') echo -n ' --room --since --until --number --all' ;;
	'meet show') echo -n ' --room' ;;
	'meet change') echo -n ' --title --start --duration --repeat --tz --description --location --reason --room --no-message' ;;
	'meet cancel') echo -n ' --reason --room --no-message' ;;
	'meet start') echo -n ' --room --live' ;;
	'meet end') echo -n ' --room' ;;
	'meet agenda') echo -n ' --week --room --all' ;;
	'meet watch') echo -n ' --room --before' ;;
	'meet export') echo -n ' --room --output --force' ;;
	'meet import') echo -n ' --room' ;;
	'roster import') echo -n ' --room --prune' ;;
	'roster export') echo -n ' --room --output --excel --force' ;;
	'roster show') echo -n ' --room' ;;
	'roster match') echo -n ' --room' ;;
	'roster remove') echo -n ' --room' ;;
	'roll open') echo -n ' --meeting --window --late-after --wait --second-call --word --question --txn-id' ;;
	'roll answer') echo -n ' --away --txn-id' ;;
	'roll list') echo -n ' --since' ;;
	'roll cancel') echo -n ' --reason' ;;
	'roll remind') echo -n ' --user' ;;
	'roll mark') echo -n ' --reason' ;;
	'attendance convert') echo -n ' --output --from --as --room --zone --day --excel --no-times --force' ;;
	'attendance import') echo -n ' --room --meeting --roll --reason --from --zone --day' ;;
	'attendance show') echo -n ' --room --meeting --roll --since --until --user --status --late --early --grace --min --chart' ;;
	'attendance export') echo -n ' --output --as --room --meeting --roll --since --until --user --status --late --early --grace --min --excel --no-times --zone --force' ;;
	'attendance mine') echo -n ' --room --meeting --roll --since --until' ;;
	'attendance term') echo -n ' --room --meeting --roll --since --until --user --status --late --early --grace --min' ;;
	'attendance correct') echo -n ' --room --meeting --roll --since --until --reason --contest --txn-id' ;;
	'attendance seal') echo -n ' --room --meeting --roll --since --until --late --early --grace --min' ;;
	'attendance notify') echo -n ' --room --meeting --roll --since --until --user --status --late --early --grace --min' ;;
	'attendance contest') echo -n ' --room --meeting --roll --since --until' ;;
	'attendance contests') echo -n ' --room --all' ;;
	'attendance opt-out') echo -n ' --room --undo' ;;
	'attendance rules') echo -n ' --room --late --early --grace --min --window --opt-out --keep --keep-all' ;;
	'attendance expire') echo -n ' --room' ;;
	'serve') echo -n ' --data --init --check --listen --udp-port --server-name --public-url --announce --turn-uri --turn-secret-file --lan --open-registration --allow-encryption --tls-cert --tls-key --config' ;;
	'admin user add') echo -n ' --name --email --external-id --admin --password-stdin --data' ;;
	'admin user import') echo -n ' --update --data' ;;
	'admin user list') echo -n ' --data' ;;
	'admin user password') echo -n ' --password-stdin --keep-devices --data' ;;
	'admin user lock') echo -n ' --data' ;;
	'admin user unlock') echo -n ' --data' ;;
	'admin user suspend') echo -n ' --data' ;;
	'admin user resume') echo -n ' --data' ;;
	'admin user role') echo -n ' --data' ;;
	'admin user remove') echo -n ' --data' ;;
	'admin invite') echo -n ' --uses --expires --note --list --revoke --data' ;;
	'admin reports') echo -n ' --all --done --data' ;;
	'admin status') echo -n ' --data' ;;
	'admin backup') echo -n ' --output --data' ;;
	'admin restore') echo -n ' --data --replace' ;;
	'admin export') echo -n ' --output --data' ;;
	'admin check') echo -n ' --data' ;;
	'config list') echo -n ' --show-origin' ;;
	'config set') echo -n ' --scope --unset' ;;
	'audio devices') echo -n ' --driver' ;;
	'audio test') echo -n ' --driver --input --output --for' ;;
	'audio echo') echo -n ' --driver --input --output --delay --for' ;;
	'doctor') echo -n ' --data' ;;
	esac
	echo ' --help --account --format --json --timeout --quiet --verbose --no-input --yes --dry-run --ca-file --linear --version'
}

_muster_value()
{
	case "$1 $2" in
	'login'' --user' | 'login'' -u') echo '@user' ;;
	'login'' --email') echo '-' ;;
	'login'' --token-file') echo '@file' ;;
	'login'' --device-name') echo '-' ;;
	'register'' --user' | 'register'' -u') echo '@user' ;;
	'register'' --email') echo '-' ;;
	'register'' --invite-file') echo '@file' ;;
	'register'' --device-name') echo '-' ;;
	'account password'' --new-file') echo '@file' ;;
	'presence set'' --status') echo '-' ;;
	'quiet set'' --days') echo '-' ;;
	'quiet set'' --tz') echo '-' ;;
	'quiet set'' --for') echo '-' ;;
	'quiet off'' --for') echo '-' ;;
	'notify test'' --room') echo '@room' ;;
	'send'' --file' | 'send'' -f') echo '@file' ;;
	'send'' --reply') echo '-' ;;
	'send'' --thread') echo '-' ;;
	'send'' --mention') echo '@user' ;;
	'send'' --txn-id') echo '-' ;;
	'send'' --at') echo '-' ;;
	'urgent'' --user') echo '@user' ;;
	'urgent'' --reason') echo '-' ;;
	'urgent'' --txn-id') echo '-' ;;
	'read'' --number' | 'read'' -n') echo '-' ;;
	'read'' --since') echo '-' ;;
	'read'' --until') echo '-' ;;
	'read'' --type') echo '-' ;;
	'read'' --thread') echo '-' ;;
	'react'' --txn-id') echo '-' ;;
	'edit'' --txn-id') echo '-' ;;
	'delete'' --reason') echo '-' ;;
	'delete'' --txn-id') echo '-' ;;
	'mark'' --thread') echo '-' ;;
	'typing'' --for') echo '-' ;;
	'thread list'' --number' | 'thread list'' -n') echo '-' ;;
	'poll create'' --max') echo '-' ;;
	'poll create'' --thread') echo '-' ;;
	'poll create'' --txn-id') echo '-' ;;
	'poll vote'' --txn-id') echo '-' ;;
	'poll close'' --txn-id') echo '-' ;;
	'search'' --room' | 'search'' -r') echo '@room' ;;
	'search'' --number' | 'search'' -n') echo '-' ;;
	'file get'' --output' | 'file get'' -o') echo '@file' ;;
	'file get'' --room' | 'file get'' -r') echo '@room' ;;
	'room create'' --alias') echo '-' ;;
	'room create'' --topic') echo '-' ;;
	'room create'' --invite') echo '@user' ;;
	'room create'' --space') echo '@room' ;;
	'room join'' --reason') echo '-' ;;
	'room leave'' --reason') echo '-' ;;
	'room invite'' --reason') echo '-' ;;
	'room kick'' --reason') echo '-' ;;
	'room ban'' --reason') echo '-' ;;
	'room unban'' --reason') echo '-' ;;
	'room export'' --output' | 'room export'' -o') echo '@file' ;;
	'room directory'' --server') echo '-' ;;
	'room directory'' --number' | 'room directory'' -n') echo '-' ;;
	'room knock'' --reason') echo '-' ;;
	'room tag'' --order') echo '-' ;;
	'space create'' --topic') echo '-' ;;
	'space create'' --alias') echo '-' ;;
	'space create'' --space') echo '@room' ;;
	'space show'' --depth') echo '-' ;;
	'space add'' --order') echo '-' ;;
	'people search'' --number' | 'people search'' -n') echo '-' ;;
	'report'' --user') echo '@user' ;;
	'report'' --reason') echo '-' ;;
	'class create'' --students') echo '@file' ;;
	'class create'' --teacher') echo '@user' ;;
	'class create'' --slips' | 'class create'' -o') echo '@file' ;;
	'class create'' --language') echo 'en de es fr ja zh_CN' ;;
	'class create'' --valid') echo '-' ;;
	'class create'' --space') echo '@room' ;;
	'class add'' --students') echo '@file' ;;
	'class add'' --teacher') echo '@user' ;;
	'class add'' --slips' | 'class add'' -o') echo '@file' ;;
	'class add'' --language') echo 'en de es fr ja zh_CN' ;;
	'class add'' --valid') echo '-' ;;
	'class slips'' --user' | 'class slips'' -u') echo '@user' ;;
	'class slips'' --slips' | 'class slips'' -o') echo '@file' ;;
	'class slips'' --language') echo 'en de es fr ja zh_CN' ;;
	'class slips'' --valid') echo '-' ;;
	'call join'' --play') echo '@file' ;;
	'call join'' --record') echo '@file' ;;
	'call join'' --in') echo '-' ;;
	'call join'' --out') echo '-' ;;
	'call join'' --pcm') echo '-' ;;
	'call join'' --events') echo '@file' ;;
	'call join'' --for') echo '-' ;;
	'call join'' --input') echo '-' ;;
	'call join'' --output') echo '-' ;;
	'call join'' --driver') echo 'portaudio file pipe tone null' ;;
	'call join'' --via') echo '-' ;;
	'call answer'' --play') echo '@file' ;;
	'call answer'' --record') echo '@file' ;;
	'call answer'' --in') echo '-' ;;
	'call answer'' --out') echo '-' ;;
	'call answer'' --pcm') echo '-' ;;
	'call answer'' --events') echo '@file' ;;
	'call answer'' --for') echo '-' ;;
	'call answer'' --input') echo '-' ;;
	'call answer'' --output') echo '-' ;;
	'call answer'' --driver') echo 'portaudio file pipe tone null' ;;
	'call mute'' --user') echo '@user' ;;
	'call token'' --name') echo '-' ;;
	'call token'' --remove') echo '-' ;;
	'live start'' --play') echo '@file' ;;
	'live start'' --record') echo '@file' ;;
	'live start'' --in') echo '-' ;;
	'live start'' --out') echo '-' ;;
	'live start'' --pcm') echo '-' ;;
	'live start'' --events') echo '@file' ;;
	'live start'' --for') echo '-' ;;
	'live start'' --input') echo '-' ;;
	'live start'' --output') echo '-' ;;
	'live start'' --driver') echo 'portaudio file pipe tone null' ;;
	'live join'' --play') echo '@file' ;;
	'live join'' --record') echo '@file' ;;
	'live join'' --in') echo '-' ;;
	'live join'' --out') echo '-' ;;
	'live join'' --pcm') echo '-' ;;
	'live join'' --events') echo '@file' ;;
	'live join'' --for') echo '-' ;;
	'live join'' --input') echo '-' ;;
	'live join'' --output') echo '-' ;;
	'live join'' --driver') echo 'portaudio file pipe tone null' ;;
	'meet schedule'' --room' | 'meet schedule'' -r') echo '@room' ;;
	'meet schedule'' --start') echo '-' ;;
	'meet schedule'' --duration') echo '-' ;;
	'meet schedule'' --repeat') echo '-' ;;
	'meet schedule'' --tz') echo '-' ;;
	'meet schedule'' --uid') echo '-' ;;
	'meet schedule'' --description') echo '-' ;;
	'meet schedule'' --location') echo '-' ;;
	'meet schedule'' --invite') echo '@user' ;;
	'meet list'' --room' | 'meet list'' -r') echo '@room' ;;
	'meet list'' --since') echo '-' ;;
	'meet list'' --until') echo '-' ;;
	'meet list'' --number' | 'meet list'' -n') echo '-' ;;
	'meet show'' --room' | 'meet show'' -r') echo '@room' ;;
	'meet change'' --title') echo '-' ;;
	'meet change'' --start') echo '-' ;;
	'meet change'' --duration') echo '-' ;;
	'meet change'' --repeat') echo '-' ;;
	'meet change'' --tz') echo '-' ;;
	'meet change'' --description') echo '-' ;;
	'meet change'' --location') echo '-' ;;
	'meet change'' --reason') echo '-' ;;
	'meet change'' --room' | 'meet change'' -r') echo '@room' ;;
	'meet cancel'' --reason') echo '-' ;;
	'meet cancel'' --room' | 'meet cancel'' -r') echo '@room' ;;
	'meet start'' --room' | 'meet start'' -r') echo '@room' ;;
	'meet end'' --room' | 'meet end'' -r') echo '@room' ;;
	'meet agenda'' --room' | 'meet agenda'' -r') echo '@room' ;;
	'meet watch'' --room' | 'meet watch'' -r') echo '@room' ;;
	'meet watch'' --before') echo '-' ;;
	'meet export'' --room' | 'meet export'' -r') echo '@room' ;;
	'meet export'' --output' | 'meet export'' -o') echo '@file' ;;
	'meet import'' --room' | 'meet import'' -r') echo '@room' ;;
	'roster import'' --room' | 'roster import'' -r') echo '@room' ;;
	'roster export'' --room' | 'roster export'' -r') echo '@room' ;;
	'roster export'' --output' | 'roster export'' -o') echo '@file' ;;
	'roster show'' --room' | 'roster show'' -r') echo '@room' ;;
	'roster match'' --room' | 'roster match'' -r') echo '@room' ;;
	'roster remove'' --room' | 'roster remove'' -r') echo '@room' ;;
	'roll open'' --meeting') echo '@meeting' ;;
	'roll open'' --window') echo '-' ;;
	'roll open'' --late-after') echo '-' ;;
	'roll open'' --word') echo '-' ;;
	'roll open'' --question') echo '-' ;;
	'roll open'' --txn-id') echo '-' ;;
	'roll answer'' --txn-id') echo '-' ;;
	'roll list'' --since') echo '-' ;;
	'roll cancel'' --reason') echo '-' ;;
	'roll remind'' --user') echo '@user' ;;
	'roll mark'' --reason') echo '-' ;;
	'attendance convert'' --output' | 'attendance convert'' -o') echo '@file' ;;
	'attendance convert'' --from') echo 'csv intervals json graph zoom zoom-unique teams teams-2020 meet moodle moodle-txt' ;;
	'attendance convert'' --as') echo 'csv intervals xlsx json html ics graph zoom zoom-unique teams meet moodle moodle-txt' ;;
	'attendance convert'' --room' | 'attendance convert'' -r') echo '@room' ;;
	'attendance convert'' --zone') echo '-' ;;
	'attendance convert'' --day') echo '-' ;;
	'attendance import'' --room' | 'attendance import'' -r') echo '@room' ;;
	'attendance import'' --meeting') echo '-' ;;
	'attendance import'' --roll') echo '-' ;;
	'attendance import'' --reason') echo '-' ;;
	'attendance import'' --from') echo 'csv intervals json graph zoom zoom-unique teams teams-2020 meet moodle moodle-txt' ;;
	'attendance import'' --zone') echo '-' ;;
	'attendance import'' --day') echo '-' ;;
	'attendance show'' --room' | 'attendance show'' -r') echo '@room' ;;
	'attendance show'' --meeting') echo '-' ;;
	'attendance show'' --roll') echo '-' ;;
	'attendance show'' --since') echo '-' ;;
	'attendance show'' --until') echo '-' ;;
	'attendance show'' --user' | 'attendance show'' -u') echo '@user' ;;
	'attendance show'' --status') echo 'present late left_early partial absent excused not_tracked not_known pending' ;;
	'attendance show'' --late') echo '-' ;;
	'attendance show'' --early') echo '-' ;;
	'attendance show'' --grace') echo '-' ;;
	'attendance show'' --min') echo '-' ;;
	'attendance export'' --output' | 'attendance export'' -o') echo '@file' ;;
	'attendance export'' --as') echo 'csv intervals xlsx json html ics graph zoom zoom-unique teams meet moodle moodle-txt' ;;
	'attendance export'' --room' | 'attendance export'' -r') echo '@room' ;;
	'attendance export'' --meeting') echo '-' ;;
	'attendance export'' --roll') echo '-' ;;
	'attendance export'' --since') echo '-' ;;
	'attendance export'' --until') echo '-' ;;
	'attendance export'' --user' | 'attendance export'' -u') echo '@user' ;;
	'attendance export'' --status') echo 'present late left_early partial absent excused not_tracked not_known pending' ;;
	'attendance export'' --late') echo '-' ;;
	'attendance export'' --early') echo '-' ;;
	'attendance export'' --grace') echo '-' ;;
	'attendance export'' --min') echo '-' ;;
	'attendance export'' --zone') echo '-' ;;
	'attendance mine'' --room' | 'attendance mine'' -r') echo '@room' ;;
	'attendance mine'' --meeting') echo '-' ;;
	'attendance mine'' --roll') echo '-' ;;
	'attendance mine'' --since') echo '-' ;;
	'attendance mine'' --until') echo '-' ;;
	'attendance term'' --room' | 'attendance term'' -r') echo '@room' ;;
	'attendance term'' --meeting') echo '-' ;;
	'attendance term'' --roll') echo '-' ;;
	'attendance term'' --since') echo '-' ;;
	'attendance term'' --until') echo '-' ;;
	'attendance term'' --user' | 'attendance term'' -u') echo '@user' ;;
	'attendance term'' --status') echo 'present late left_early partial absent excused not_tracked not_known pending' ;;
	'attendance term'' --late') echo '-' ;;
	'attendance term'' --early') echo '-' ;;
	'attendance term'' --grace') echo '-' ;;
	'attendance term'' --min') echo '-' ;;
	'attendance correct'' --room' | 'attendance correct'' -r') echo '@room' ;;
	'attendance correct'' --meeting') echo '-' ;;
	'attendance correct'' --roll') echo '-' ;;
	'attendance correct'' --since') echo '-' ;;
	'attendance correct'' --until') echo '-' ;;
	'attendance correct'' --reason') echo '-' ;;
	'attendance correct'' --contest') echo '-' ;;
	'attendance correct'' --txn-id') echo '-' ;;
	'attendance seal'' --room' | 'attendance seal'' -r') echo '@room' ;;
	'attendance seal'' --meeting') echo '-' ;;
	'attendance seal'' --roll') echo '-' ;;
	'attendance seal'' --since') echo '-' ;;
	'attendance seal'' --until') echo '-' ;;
	'attendance seal'' --late') echo '-' ;;
	'attendance seal'' --early') echo '-' ;;
	'attendance seal'' --grace') echo '-' ;;
	'attendance seal'' --min') echo '-' ;;
	'attendance notify'' --room' | 'attendance notify'' -r') echo '@room' ;;
	'attendance notify'' --meeting') echo '-' ;;
	'attendance notify'' --roll') echo '-' ;;
	'attendance notify'' --since') echo '-' ;;
	'attendance notify'' --until') echo '-' ;;
	'attendance notify'' --user' | 'attendance notify'' -u') echo '@user' ;;
	'attendance notify'' --status') echo 'present late left_early partial absent excused not_tracked not_known pending' ;;
	'attendance notify'' --late') echo '-' ;;
	'attendance notify'' --early') echo '-' ;;
	'attendance notify'' --grace') echo '-' ;;
	'attendance notify'' --min') echo '-' ;;
	'attendance contest'' --room' | 'attendance contest'' -r') echo '@room' ;;
	'attendance contest'' --meeting') echo '-' ;;
	'attendance contest'' --roll') echo '-' ;;
	'attendance contest'' --since') echo '-' ;;
	'attendance contest'' --until') echo '-' ;;
	'attendance contests'' --room' | 'attendance contests'' -r') echo '@room' ;;
	'attendance opt-out'' --room' | 'attendance opt-out'' -r') echo '@room' ;;
	'attendance rules'' --room' | 'attendance rules'' -r') echo '@room' ;;
	'attendance rules'' --late') echo '-' ;;
	'attendance rules'' --early') echo '-' ;;
	'attendance rules'' --grace') echo '-' ;;
	'attendance rules'' --min') echo '-' ;;
	'attendance rules'' --window') echo '-' ;;
	'attendance rules'' --opt-out') echo 'yes no' ;;
	'attendance rules'' --keep') echo '-' ;;
	'attendance expire'' --room' | 'attendance expire'' -r') echo '@room' ;;
	'serve'' --data' | 'serve'' -d') echo '@folder' ;;
	'serve'' --listen' | 'serve'' -l') echo '-' ;;
	'serve'' --udp-port') echo '-' ;;
	'serve'' --server-name') echo '-' ;;
	'serve'' --public-url') echo '-' ;;
	'serve'' --announce') echo '-' ;;
	'serve'' --turn-uri') echo '-' ;;
	'serve'' --turn-secret-file') echo '@file' ;;
	'serve'' --tls-cert') echo '@file' ;;
	'serve'' --tls-key') echo '@file' ;;
	'serve'' --config') echo '@file' ;;
	'admin user add'' --name') echo '-' ;;
	'admin user add'' --email') echo '-' ;;
	'admin user add'' --external-id') echo '-' ;;
	'admin user add'' --data') echo '@folder' ;;
	'admin user import'' --data') echo '@folder' ;;
	'admin user list'' --data') echo '@folder' ;;
	'admin user password'' --data') echo '@folder' ;;
	'admin user lock'' --data') echo '@folder' ;;
	'admin user unlock'' --data') echo '@folder' ;;
	'admin user suspend'' --data') echo '@folder' ;;
	'admin user resume'' --data') echo '@folder' ;;
	'admin user role'' --data') echo '@folder' ;;
	'admin user remove'' --data') echo '@folder' ;;
	'admin invite'' --uses') echo '-' ;;
	'admin invite'' --expires') echo '-' ;;
	'admin invite'' --note') echo '-' ;;
	'admin invite'' --revoke') echo '-' ;;
	'admin invite'' --data') echo '@folder' ;;
	'admin reports'' --done') echo '-' ;;
	'admin reports'' --data') echo '@folder' ;;
	'admin status'' --data') echo '@folder' ;;
	'admin backup'' --output' | 'admin backup'' -o') echo '@file' ;;
	'admin backup'' --data') echo '@folder' ;;
	'admin restore'' --data') echo '@folder' ;;
	'admin export'' --output' | 'admin export'' -o') echo '@file' ;;
	'admin export'' --data') echo '@folder' ;;
	'admin check'' --data') echo '@folder' ;;
	'config set'' --scope') echo 'user project system' ;;
	'audio devices'' --driver') echo 'portaudio file pipe tone null' ;;
	'audio test'' --driver') echo 'portaudio file pipe tone null' ;;
	'audio test'' --input') echo '-' ;;
	'audio test'' --output') echo '-' ;;
	'audio test'' --for') echo '-' ;;
	'audio echo'' --driver') echo 'portaudio file pipe tone null' ;;
	'audio echo'' --input') echo '-' ;;
	'audio echo'' --output') echo '-' ;;
	'audio echo'' --delay') echo '-' ;;
	'audio echo'' --for') echo '-' ;;
	'doctor'' --data') echo '@folder' ;;
	*' --account' | *' -A') echo '@account' ;;
	*' --format') echo 'table json csv tsv' ;;
	*' --timeout') echo '-' ;;
	*' --ca-file') echo '@file' ;;
	esac
}

_muster_position()
{
	case "$1 $2" in
	'account use 0') echo '@account' ;;
	'account remove 0') echo '@account' ;;
	'profile show 0') echo '@user' ;;
	'profile set 0') echo 'name avatar' ;;
	'presence show '*) echo '@user' ;;
	'presence set 0') echo 'online unavailable offline' ;;
	'send 0') echo '@room' ;;
	'urgent 0') echo '@room' ;;
	'read 0') echo '@room' ;;
	'react 0') echo '@room' ;;
	'edit 0') echo '@room' ;;
	'delete 0') echo '@room' ;;
	'receipts 0') echo '@room' ;;
	'mark 0') echo '@room' ;;
	'typing 0') echo '@room' ;;
	'thread list 0') echo '@room' ;;
	'poll create 0') echo '@room' ;;
	'poll vote 0') echo '@room' ;;
	'poll show 0') echo '@room' ;;
	'poll close 0') echo '@room' ;;
	'room join 0') echo '@room' ;;
	'room leave 0') echo '@room' ;;
	'room archive 0') echo '@room' ;;
	'room invite 0') echo '@room' ;;
	'room invite '*) echo '@user' ;;
	'room kick 0') echo '@room' ;;
	'room kick '*) echo '@user' ;;
	'room ban 0') echo '@room' ;;
	'room ban '*) echo '@user' ;;
	'room unban 0') echo '@room' ;;
	'room unban '*) echo '@user' ;;
	'room members 0') echo '@room' ;;
	'room role 0') echo '@room' ;;
	'room role 1') echo '@user' ;;
	'room show 0') echo '@room' ;;
	'room set 0') echo '@room' ;;
	'room export 0') echo '@room' ;;
	'room knocks 0') echo '@room' ;;
	'room tag 0') echo '@room' ;;
	'room notify 0') echo '@room' ;;
	'room notify 1') echo 'all mentions none default' ;;
	'room pin 0') echo '@room' ;;
	'room unpin 0') echo '@room' ;;
	'room pins 0') echo '@room' ;;
	'room upgrade 0') echo '@room' ;;
	'space show 0') echo '@room' ;;
	'space add 0') echo '@room' ;;
	'space add 1') echo '@room' ;;
	'space remove 0') echo '@room' ;;
	'space remove 1') echo '@room' ;;
	'report 0') echo '@room' ;;
	'class show 0') echo '@room' ;;
	'class add 0') echo '@room' ;;
	'class slips 0') echo '@room' ;;
	'class close 0') echo '@room' ;;
	'call join 0') echo '@room' ;;
	'call answer 0') echo '@room' ;;
	'call decline 0') echo '@room' ;;
	'call status 0') echo '@room' ;;
	'call people 0') echo '@room' ;;
	'call mute 0') echo '@room' ;;
	'call unmute 0') echo '@room' ;;
	'call hand 0') echo 'up down' ;;
	'call hand 1') echo '@room' ;;
	'call leave 0') echo '@room' ;;
	'call remove 0') echo '@user' ;;
	'call remove 1') echo '@room' ;;
	'call lock 0') echo '@room' ;;
	'call unlock 0') echo '@room' ;;
	'call end 0') echo '@room' ;;
	'call token 0') echo '@room' ;;
	'live start 0') echo '@room' ;;
	'live join 0') echo '@room' ;;
	'live floor 0') echo 'give take' ;;
	'live floor 1') echo '@user' ;;
	'live floor 2') echo '@room' ;;
	'live end 0') echo '@room' ;;
	'meet show 0') echo '@meeting' ;;
	'meet change 0') echo '@meeting' ;;
	'meet cancel 0') echo '@meeting' ;;
	'meet start 0') echo '@meeting' ;;
	'meet end 0') echo '@meeting' ;;
	'meet export 0') echo '@meeting' ;;
	'meet import 0') echo '@file' ;;
	'roster import 0') echo '@file' ;;
	'roster match '*) echo '@file' ;;
	'roll open 0') echo '@room' ;;
	'roll answer 0') echo '@room' ;;
	'roll status 0') echo '@room' ;;
	'roll list 0') echo '@room' ;;
	'roll close 0') echo '@room' ;;
	'roll cancel 0') echo '@room' ;;
	'roll remind 0') echo '@room' ;;
	'roll mark 0') echo '@room' ;;
	'roll mark 2') echo 'here late absent excused none' ;;
	'attendance convert 0') echo '@file' ;;
	'attendance convert 1') echo '@file' ;;
	'attendance import 0') echo '@file' ;;
	'attendance correct 0') echo '@user' ;;
	'attendance correct 1') echo 'present late left_early partial absent excused not_tracked none' ;;
	'admin user add 0') echo '@user' ;;
	'admin user import 0') echo '@file' ;;
	'admin user password 0') echo '@user' ;;
	'admin user lock 0') echo '@user' ;;
	'admin user unlock 0') echo '@user' ;;
	'admin user suspend 0') echo '@user' ;;
	'admin user resume 0') echo '@user' ;;
	'admin user role 0') echo '@user' ;;
	'admin user role 1') echo 'admin user' ;;
	'admin user remove 0') echo '@user' ;;
	'admin restore 0') echo '@file' ;;
	'config get 0') echo '@setting' ;;
	'config set 0') echo '@setting' ;;
	'completion 0') echo 'bash zsh fish' ;;
	'schema '*) echo '@verb' ;;
	'help '*) echo '@verb' ;;
	esac
}

# $line, so that the shell takes it as it is: others choose the names of rooms and people.
_muster_quote()
{
	case $quote in
	"'") line=${line//"'"/"'\\''"} ;;
	'"')
		line=${line//\\/\\\\} line=${line//\"/\\\"}
		line=${line//\$/\\\$} line=${line//\`/\\\`}
		;;
	*) line=$(printf '%q' "$line") ;;
	esac
}

# Complete $cur from a source: words, @file, @folder, or what muster itself knows.
_muster_from()
{
	local IFS=$'\n' line
	case $1 in
	@file) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur")) ;;
	@folder) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$cur")) ;;
	@*)
		while IFS=$'\t' read -r line _; do
			# A name instead of an alias cannot go on behind a colon.
			[[ $cur != *:* || $line == "$cur"* ]] || continue
			_muster_quote
			COMPREPLY+=("$line")
		done < <("${words[0]}" complete "${1#@}" -- "$cur" 2>/dev/null)
		;;
	*) COMPREPLY=($(IFS=' ' compgen -W "$1" -- "$cur")) ;;
	esac
}

# words and cur as typed: bash splits at : and =, which room ids and --opt=value hold.
_muster_words()
{
	local i w before=${COMP_LINE:0:COMP_POINT}
	words=()
	for ((i = 0; i <= COMP_CWORD; i++)); do
		w=${COMP_WORDS[i]}
		if ((i > 1)) && [[ $w == [:=]* || ${COMP_WORDS[i - 1]} == *[:=] ]] &&
			[[ -n $w && $before == *"${COMP_WORDS[i - 1]}$w"* ||
				-z $w && $before == *"${COMP_WORDS[i - 1]}" ]]; then
			words[${#words[@]} - 1]+=$w
		else
			words+=("$w")
		fi
	done
	cur=${words[${#words[@]} - 1]}
}

# The verb, or the first of its two words, and how many positionals stand before $cur.
_muster_place()
{
	local i last=$((${#words[@]} - 1))
	for ((i = 1; i < last; i++)); do
		case ${words[i]} in
		--) n=$((n + last - i - 1)); plain=1; break ;;
		--*=*) ;;
		-*) [[ -n $(_muster_value "$verb" "${words[i]}") ]] && ((i++)) ;;
		*)
			if [[ -n $verb ]]; then
				n=$((n + 1))
			elif [[ -n $(_muster_next "${first:+$first }${words[i]}") ]]; then
				first="${first:+$first }${words[i]}"
			else
				verb="${first:+$first }${words[i]}"
			fi
			;;
		esac
	done
}

_muster_source()
{
	local prev=${words[${#words[@]} - 2]} value=
	[[ $prev == -* && -z $plain ]] && value=$(_muster_value "$verb" "$prev")
	if [[ -n $value ]]; then
		echo "$value"
	elif [[ $cur == -* && -z $plain ]]; then
		_muster_options "$verb"
	elif [[ -n $verb ]]; then
		_muster_position "$verb" "$n"
	else
		_muster_next "$first"
	fi
}

# Readline replaces only what follows the last colon.
_muster_colons()
{
	local i rest=$cur
	[[ $COMP_WORDBREAKS == *:* && -z $quote ]] || return 0
	while [[ $rest == *:* ]]; do
		rest=${rest#*:}
		for i in "${!COMPREPLY[@]}"; do COMPREPLY[i]=${COMPREPLY[i]#*:}; done
	done
}

_muster()
{
	local words cur verb= first= n=0 plain= quote= source
	COMPREPLY=()
	_muster_words
	_muster_place
	if [[ $cur == --*=* && -z $plain ]]; then
		source=$(_muster_value "$verb" "${cur%%=*}")
		cur=${cur#*=}
	else
		source=$(_muster_source)
	fi
	case $cur in
	[\'\"]*) quote=${cur:0:1} cur=${cur:1} ;;
	*) cur=${cur//\\/} ;;
	esac
	[[ -z $source || $source == - ]] || _muster_from "$source"
	_muster_colons
}

complete -F _muster muster
