// A style sheet that is imported is put into the bundle and gives no names.
declare module '*.css';
